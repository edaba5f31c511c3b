using CsCheck;
using Utp.Fuzz;
using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

/// <summary>The targets of fuzz/, fed with inputs that are made of well-formed parts. Every run feeds the same; fuzz/README.md tells how others are found.</summary>
public sealed class FuzzTests
{
    private const int Inputs = 4_000;

    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 60];

    // A header of the right version whose numbers are near those of the targets, and a chain of extensions that are real, or nearly.
    private static readonly Gen<byte[]> Datagram = Gen.Select(
        Gen.Int[0, 4], Gen.Int[97, 110], Gen.Int[97, 110], Gen.Int[999, 1_001], Extension.Array[0, 3], Gen.Byte.Array[0, 20],
        static (type, seq, ack, id, extensions, payload) =>
        {
            var packet = new PacketBuilder((PacketType)type).Seq(seq).Ack(ack).Id(id).Window(1 << 16).Payload(payload);
            return extensions.Aggregate(packet, static (built, extension) => built.Extension(extension.Type, extension.Data)).Build();
        });

    private static Gen<(byte Type, byte[] Data)> Extension => Gen.Select(
        Gen.Byte[1, 7],
        Gen.OneOf(Gen.Byte.Array[0, 12], Gen.Const(Convert.FromHexString("755450610100003c")), Gen.Const("test"u8.ToArray()), Gen.Const(new byte[] { 0, 2, 0, 3 })));

    private static Gen<byte[]> Command => Gen.Select(Gen.Byte, Gen.Frequency((3, Datagram), (1, Bytes)), static (command, data) => (byte[])[command, (byte)Math.Min(data.Length, 255), .. data]);

    private static Gen<byte[]> Script => Gen.Select(Gen.Byte, Command.Array[1, 20], static (first, commands) => (byte[])[first, .. commands.SelectMany(static command => command)]);

    private static Gen<byte[]> Datagrams => Gen.Select(Gen.Byte, Datagram, static (path, data) => (byte[])[(byte)Math.Min(data.Length, 255), path, .. data])
        .Array[1, 20].Select(static datagrams => datagrams.SelectMany(static datagram => datagram).ToArray());

    [Fact]
    public void Nothing_that_is_nearly_a_packet_is_read_beyond_its_end() => Feed("parser", Gen.OneOf(Datagram, Bytes));

    [Fact]
    public void A_connection_survives_whatever_is_nearly_right() => Feed("connection", Script);

    [Fact]
    public void The_router_keeps_its_limits_whatever_is_nearly_right() => Feed("router", Datagrams);

    private static void Feed(string target, Gen<byte[]> gen)
    {
        for (uint index = 0; index < Inputs; index++)
        {
            var input = gen.Generate(new PCG(index, 12), null, out _);
            var fault = Record.Exception(() => Targets.All[target](input));
            Assert.True(fault is null, $"input {index}: {Convert.ToHexString(input)}: {fault}");
        }
    }
}
