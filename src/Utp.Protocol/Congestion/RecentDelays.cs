using System.Runtime.CompilerServices;

namespace Utp.Protocol;

/// <summary>
/// The last four delay samples (RFC 6817 §2.5, CURRENT_FILTER): their minimum forgives jitter. µs modulo 2^32, like
/// <see cref="DelayHistory"/>'s. A value; owned by the law.
/// </summary>
internal struct RecentDelays
{
    private const int Length = 4;

    private Ring _samples;
    private int _count;
    private int _next;

    /// <summary>The smallest of the last samples; 0 when there is none.</summary>
    public readonly uint Smallest
    {
        get
        {
            if (_count == 0)
                return 0;
            var smallest = Back(1);
            for (var back = 2; back <= _count; back++)
            {
                if (DelayHistory.IsSmaller(Back(back), smallest))
                    smallest = Back(back);
            }

            return smallest;
        }
    }

    /// <summary>A delay was measured.</summary>
    public void Add(uint delay)
    {
        _samples[_next] = delay;
        _next = (_next + 1) % Length;
        _count = Math.Min(Length, _count + 1);
    }

    /// <summary>The samples so far are of another time.</summary>
    public void Forget() => _count = 0;

    private readonly uint Back(int steps) => _samples[(_next + Length - steps) % Length];

    [InlineArray(Length)]
    private struct Ring
    {
        private uint _first;
    }
}
