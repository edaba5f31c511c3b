using System.Runtime.InteropServices;
using Akka.IO;
using Xunit;

namespace Utp.Messages.Tests;

public sealed class ByteStringTests
{
    private readonly byte[] _one = [1, 2, 3];
    private readonly byte[] _two = [4, 5];

    [Fact]
    public void A_single_segment_becomes_a_write_over_the_very_same_array()
    {
        var write = Assert.IsType<Write>(WriteCommand.From(ByteString.FromBytes(_one), "ack", AckWhen.Delivered));
        Assert.Same(_one, ArrayOf(write.Data));
        Assert.Equal("ack", write.Ack);
        Assert.Equal(AckWhen.Delivered, write.AckWhen);
    }

    [Fact]
    public void A_slice_stays_a_slice_of_the_very_same_array()
    {
        var write = Assert.IsType<Write>(WriteCommand.From(ByteString.FromBytes(_one).Slice(1)));
        Assert.Same(_one, ArrayOf(write.Data));
        Assert.Equal([2, 3], write.Data.ToArray());
    }

    [Fact]
    public void Several_segments_become_a_compound_over_the_very_same_arrays_with_one_acknowledgement()
    {
        var compound = Assert.IsType<CompoundWrite>(WriteCommand.From(ByteString.FromBytes(_one) + ByteString.FromBytes(_two), "ack"));
        Assert.Equal([_one, _two], compound.Writes.Select(write => ArrayOf(write.Data)));
        Assert.Equal([null, "ack"], compound.Writes.Select(write => write.Ack));
        Assert.Equal(5, compound.TotalBytes);
    }

    [Fact]
    public void Several_segments_become_one_write_where_each_write_is_a_message()
    {
        var write = Assert.IsType<Write>(WriteCommand.From(ByteString.FromBytes(_one) + ByteString.FromBytes(_two), asOneMessage: true));
        Assert.Equal([1, 2, 3, 4, 5], write.Data.ToArray());
    }

    [Fact]
    public void An_empty_byte_string_becomes_an_empty_write()
    {
        var write = Assert.IsType<Write>(WriteCommand.From(ByteString.Empty, "ack"));
        Assert.True(write.Data.IsEmpty);
        Assert.Equal("ack", write.Ack);
    }

    [Fact]
    public void Received_bytes_become_a_byte_string_over_the_very_same_array()
    {
        var byteString = new Received(_one.AsMemory(1, 2)).ToByteString();
        Assert.Equal([2, 3], byteString.ToArray());
        _one[1] = 9;
        Assert.Equal([9, 3], byteString.ToArray());
    }

    [Fact]
    public void Memory_that_no_array_backs_is_copied()
    {
        using var native = new NativeMemoryOwner();
        Assert.Equal([7, 7], ((ReadOnlyMemory<byte>)native.Memory).ToByteString().ToArray());
    }

    [Fact]
    public void One_piece_of_memory_is_copied_only_when_there_are_several_segments()
    {
        Assert.Same(_one, ArrayOf(ByteString.FromBytes(_one).ToMemory()));
        Assert.Equal([1, 2, 3, 4, 5], (ByteString.FromBytes(_one) + ByteString.FromBytes(_two)).ToMemory().ToArray());
        Assert.True(ByteString.Empty.ToMemory().IsEmpty);
    }

    private static byte[]? ArrayOf(ReadOnlyMemory<byte> memory) => MemoryMarshal.TryGetArray(memory, out var segment) ? segment.Array : null;

    private sealed class NativeMemoryOwner : System.Buffers.MemoryManager<byte>
    {
        private readonly nint _memory = Marshal.AllocHGlobal(2);

        public NativeMemoryOwner() => GetSpan().Fill(7);

        public override Span<byte> GetSpan() => MemoryMarshal.CreateSpan(ref System.Runtime.CompilerServices.Unsafe.AddByteOffset(ref System.Runtime.CompilerServices.Unsafe.NullRef<byte>(), _memory), 2);

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => default;

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => Marshal.FreeHGlobal(_memory);
    }
}
