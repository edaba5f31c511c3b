namespace Utp.Simulation;

/// <summary>Something that a <see cref="Simulator"/> wakes.</summary>
public interface IEventHandler
{
    /// <summary>An event that was scheduled for now is due.</summary>
    /// <param name="tag">What was given to <see cref="Simulator.Schedule"/>.</param>
    void OnEvent(long tag);
}
