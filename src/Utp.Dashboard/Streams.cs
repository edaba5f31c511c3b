using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Utp.Dashboard;

/// <summary>The browsers that watch now, each with what it shows. Their names are secrets of theirs: who knows one may change what that browser is sent, and nothing else. Any thread.</summary>
internal sealed class Streams(int most)
{
    private const int NameBytes = 16;

    private readonly ConcurrentDictionary<string, StrongBox<View>> _views = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>A browser begins to watch; null: there are too many.</summary>
    public string? Add(View view)
    {
        if (Interlocked.Increment(ref _count) > most)
        {
            Interlocked.Decrement(ref _count);
            return null;
        }

        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
        _views[name] = new StrongBox<View>(view);
        return name;
    }

    /// <summary>What a browser shows.</summary>
    public View this[string name] => _views[name].Value!;

    /// <summary>A browser shows something else; false: it is not known.</summary>
    public bool Change(string name, View view)
    {
        if (!_views.TryGetValue(name, out var known))
            return false;
        known.Value = view;
        return true;
    }

    /// <summary>A browser has gone.</summary>
    public void Remove(string name)
    {
        if (_views.TryRemove(name, out _))
            Interlocked.Decrement(ref _count);
    }
}
