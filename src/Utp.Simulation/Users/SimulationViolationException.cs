namespace Utp.Simulation;

/// <summary>A promise of the protocol was broken in a simulation: the message says which, where and when.</summary>
public sealed class SimulationViolationException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SimulationViolationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public SimulationViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public SimulationViolationException()
    {
    }
}
