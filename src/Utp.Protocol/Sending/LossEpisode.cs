namespace Utp.Protocol;

/// <summary>
/// Counts the losses of one episode that the congestion law heard of, and how many of them turned out to be none: the packet had only been overtaken.
/// When all of them were needless, what the law did about the episode can be undone (RFC 3708, RFC 4015). A value inside the connection.
/// </summary>
internal struct LossEpisode
{
    private int _reported;

    /// <summary>The law hears of a lost packet; <paramref name="isNew"/>: with it an episode begins.</summary>
    public void OnLost(bool isNew) => _reported = isNew ? 1 : _reported + 1;

    /// <summary>A packet of this or an earlier episode had arrived after all. Returns whether nothing of the episode was lost.</summary>
    public bool OnNeedless() => _reported > 0 && --_reported == 0;
}
