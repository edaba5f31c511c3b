namespace Utp.Links.Commands;

/// <summary>A thread for each core that does nothing but be busy: a machine that has other work.</summary>
internal sealed class BusyCores : IDisposable
{
    private volatile bool _stops;

    public BusyCores()
    {
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(() =>
            {
                while (!_stops)
                    Thread.SpinWait(1_000);
            })
            { IsBackground = true }.Start();
        }
    }

    public void Dispose() => _stops = true;
}
