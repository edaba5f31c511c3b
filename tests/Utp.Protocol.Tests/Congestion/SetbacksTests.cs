using Xunit;

namespace Utp.Protocol.Tests.Congestion;

/// <summary>What the laws share about time-outs, losses that were none, and idling.</summary>
public sealed class SetbacksTests
{
    private static readonly BeforeSetback<int> First = new(10_000, 20_000, 1);
    private static readonly BeforeSetback<int> Second = new(2_000, 5_000, 2);

    private Setbacks<int> _setbacks = new();

    [Fact]
    public void Of_time_outs_without_an_acknowledgement_between_them_the_first_counts()
    {
        Assert.True(_setbacks.OnTimeout(First));
        _setbacks.OnAcked(0);
        Assert.False(_setbacks.OnTimeout(Second));

        Assert.True(_setbacks.TryUndoTimeout(out var before));
        Assert.Equal(First, before);
        Assert.False(_setbacks.TryUndoTimeout(out _));
    }

    [Fact]
    public void After_an_acknowledgement_a_time_out_counts_again()
    {
        _setbacks.OnTimeout(First);
        _setbacks.OnAcked(1);

        Assert.True(_setbacks.OnTimeout(Second));
        Assert.True(_setbacks.TryUndoTimeout(out var before));
        Assert.Equal(Second, before);
    }

    [Fact]
    public void What_is_lost_after_a_time_out_cannot_prove_it_spurious()
    {
        _setbacks.OnTimeout(First);
        _setbacks.OnLoss();

        Assert.False(_setbacks.TryUndoTimeout(out _));
    }

    [Fact]
    public void A_reduction_is_undone_once_and_not_after_a_time_out()
    {
        _setbacks.OnReduced(First);
        Assert.True(_setbacks.CanUndoLoss);
        Assert.True(_setbacks.TryUndoLoss(out var before));
        Assert.Equal(First, before);
        Assert.False(_setbacks.CanUndoLoss);

        _setbacks.OnReduced(First);
        _setbacks.OnTimeout(Second);
        Assert.False(_setbacks.TryUndoLoss(out _));
    }

    [Fact]
    public void A_reduction_that_stands_cannot_be_undone()
    {
        _setbacks.OnReduced(First);
        _setbacks.KeepReduction();

        Assert.False(_setbacks.TryUndoLoss(out _));
    }

    [Theory]
    [InlineData(true, 20_000, 20_000)]
    [InlineData(true, 1_000, 7_500)]
    [InlineData(false, 20_000, 7_500)]
    public void After_idling_the_search_ends_at_what_the_path_carried(bool inSlowStart, double threshold, double expected) =>
        Assert.Equal(expected, Setbacks<int>.ThresholdAfterIdle(10_000, threshold, inSlowStart));
}
