using Akka.Configuration;

namespace Utp.Actors;

/// <summary>
/// One setting that stands in the configuration and may be said differently in code: its key, which knows name, range and text; where the value is kept; and the option that says
/// it. Reading, overriding, writing and documenting it all start from here (design note 39).
/// </summary>
/// <typeparam name="TKept">Where the values of all rows of a table end up.</typeparam>
/// <typeparam name="TGiven">What a user gives in code; a value that is not given leaves the kept one.</typeparam>
internal abstract class SettingRow<TKept, TGiven>(string option)
{
    /// <summary>The whole key.</summary>
    public abstract string Key { get; }

    /// <summary>The member of <typeparamref name="TGiven"/>; empty: it can only be configured.</summary>
    public string Option { get; } = option;

    /// <summary>What is kept, with the value of the configuration.</summary>
    /// <exception cref="ConfigurationException">The value is wrong; the message names key, value and range.</exception>
    public abstract TKept Read(Config config, TKept kept);

    /// <summary>What is kept, with the value that is given, if one is.</summary>
    /// <exception cref="ConfigurationException">The value is wrong; the message names option, value, range and key.</exception>
    public abstract TKept Take(TGiven given, TKept kept);

    /// <summary>What is given, as a configuration says it; null: nothing.</summary>
    public abstract string? Write(TGiven given);
}

/// <summary>A row whose value is a <typeparamref name="T"/>.</summary>
/// <param name="key">Name, range, text.</param>
/// <param name="keep">Puts the value where it belongs.</param>
/// <param name="option">The member of <typeparamref name="TGiven"/>.</param>
/// <param name="give">That member's value; false: none.</param>
internal sealed class SettingRow<TKept, TGiven, T>(SettingKey<T> key, Func<TKept, T, TKept> keep, string option, SettingRow<TKept, TGiven, T>.Give? give)
    : SettingRow<TKept, TGiven>(option)
{
    /// <summary>What a user gives, if anything.</summary>
    public delegate bool Give(TGiven given, out T value);

    /// <inheritdoc/>
    public override string Key => key.Name;

    /// <inheritdoc/>
    public override TKept Read(Config config, TKept kept) => keep(kept, key.Read(config));

    /// <inheritdoc/>
    public override TKept Take(TGiven given, TKept kept) => give is not null && give(given, out var value) ? keep(kept, key.Check(value, Option)) : kept;

    /// <inheritdoc/>
    public override string? Write(TGiven given) => give is not null && give(given, out var value) ? key.Write(value) : null;
}
