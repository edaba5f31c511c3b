namespace Utp.Cli;

/// <summary>How a thing is on this machine.</summary>
internal enum Health
{
    /// <summary>It holds nothing back.</summary>
    Good,

    /// <summary>It costs something, and can be mended.</summary>
    Costs,

    /// <summary>It could not be found out.</summary>
    Unknown,
}

/// <summary>What the doctor found.</summary>
/// <param name="Name">For programs.</param>
/// <param name="Title">For people.</param>
/// <param name="Health">How it is.</param>
/// <param name="Found">What was found.</param>
/// <param name="Cost">What that costs; null: nothing.</param>
/// <param name="Mend">The command or setting that mends it, or what to ask for; null: nothing to do.</param>
internal sealed record Finding(string Name, string Title, Health Health, string Found, string? Cost = null, string? Mend = null);
