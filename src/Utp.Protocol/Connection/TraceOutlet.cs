namespace Utp.Protocol;

/// <summary>Where a connection's trace events go; may change while it lives. Owned by the connection.</summary>
internal sealed class TraceOutlet(IConnectionTrace? target)
{
    /// <summary>Who hears them; null: nobody.</summary>
    public IConnectionTrace? Target { get; private set; } = target;

    /// <summary>Somebody else hears them from now on.</summary>
    public void Set(IConnectionTrace? target) => Target = target;
}
