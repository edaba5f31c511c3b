using System.Diagnostics;

namespace Utp.Fuzz;

/// <summary>Inputs without AFL++: those of the corpus with bytes changed, cut out, doubled and put together. A seed replays a run.</summary>
internal static class Mutations
{
    private const int MaxBytes = 1_024;

    /// <summary>Feeds a target until it is time; writes a fault's input beside it and stops.</summary>
    public static int Run(Action<ReadOnlyMemory<byte>> target, TimeSpan duration, int seed, byte[][] inputs)
    {
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        var buffer = new byte[MaxBytes];
        long count = 0;
        for (; clock.Elapsed < duration; count++)
        {
            var length = Mutate(random, inputs, buffer);
            try
            {
                target(buffer.AsMemory(0, length));
            }
            catch (Exception e)
            {
                var file = $"fault-{seed}-{count}.bin";
                File.WriteAllBytes(file, buffer.AsSpan(0, length).ToArray());
                Console.Error.WriteLine($"Input {count} is in {file}: {e}");
                return 1;
            }
        }

        Console.WriteLine(FormattableString.Invariant($"{count:N0} inputs, {count / clock.Elapsed.TotalSeconds:N0} a second, no fault"));
        return 0;
    }

    private static int Mutate(Random random, byte[][] inputs, byte[] buffer)
    {
        var length = 0;
        for (var parts = random.Next(1, 4); parts > 0; parts--)
        {
            var input = inputs[random.Next(inputs.Length)];
            var from = random.Next(4) == 0 ? random.Next(input.Length) : 0;
            var bytes = Math.Min(input.Length - from, MaxBytes - length);
            input.AsSpan(from, bytes).CopyTo(buffer.AsSpan(length));
            length += bytes;
        }

        for (var changes = random.Next(8); changes > 0 && length > 0; changes--)
        {
            var at = random.Next(length);
            switch (random.Next(5))
            {
                case 0:
                    buffer[at] = (byte)random.Next(256);
                    break;
                case 1:
                    buffer[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    buffer[at] = (byte)(buffer[at] + random.Next(-3, 4));
                    break;
                case 3:
                    buffer[at] = random.Next(2) == 0 ? (byte)0 : byte.MaxValue;
                    break;
                default:
                    length = Math.Max(1, at);
                    break;
            }
        }

        return length;
    }
}
