using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class CapabilitiesTests
{
    [Fact]
    public void Capabilities_are_magic_version_and_bits()
    {
        var data = new byte[8];

        CapabilitiesExtension.Write(data, Capabilities.OwnPeer | Capabilities.Metadata | Capabilities.LargeWindow);

        Assert.Equal("uTPa"u8.ToArray(), data[..4]);
        Assert.Equal([1, 0, 0, 0b1001], data[4..]);
    }

    [Fact]
    public void Every_combination_survives_the_wire()
    {
        var data = new byte[CapabilitiesExtension.Length];
        for (var bits = 0; bits < 64; bits++)
        {
            var capabilities = Capabilities.OwnPeer | (Capabilities)(bits << 1);
            CapabilitiesExtension.Write(data, capabilities);
            Assert.Equal(capabilities, CapabilitiesExtension.Parse(data));
        }
    }

    [Fact]
    public void The_zeros_of_an_old_peer_are_no_capabilities() =>
        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse(new byte[8]));

    [Fact]
    public void Another_length_magic_or_version_is_no_capabilities()
    {
        var data = new byte[9];
        CapabilitiesExtension.Write(data, Capabilities.OwnPeer | Capabilities.Metadata);

        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse([]));
        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse(data.AsSpan(0, 7)));
        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse(data));

        data[4] = 2;
        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse(data.AsSpan(0, 8)));
        (data[4], data[0]) = (1, (byte)'U');
        Assert.Equal(Capabilities.None, CapabilitiesExtension.Parse(data.AsSpan(0, 8)));
    }

    [Fact]
    public void Bits_of_a_later_version_of_us_are_ignored()
    {
        byte[] data = [.. "uTPa"u8, 1, 0xFF, 0xFF, 0x81];

        Assert.Equal(Capabilities.OwnPeer | Capabilities.Metadata, CapabilitiesExtension.Parse(data));
    }

    [Fact]
    public void No_bytes_make_it_throw_or_invent_a_capability() =>
        Gen.Byte.Array[0, 20].Sample(static data => Assert.InRange((int)CapabilitiesExtension.Parse(data), 0, 255));
}
