using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// The user of a connection: what an actor or a program would do with it. Called by the simulation; may call the connection's
/// commands from within.
/// </summary>
public interface IConnectionUser
{
    /// <summary>Something happened; the connection's events come in order, Closed last.</summary>
    void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent);
}
