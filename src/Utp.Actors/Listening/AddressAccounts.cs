using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What each remote address makes us keep: accounts that all its connections share, so that an address that fills the memory is
/// refused before others are (design notes 0031, 0051). One listener's alone, on its turns.
/// </summary>
/// <param name="options">Their budgets; both, or none.</param>
internal sealed class AddressAccounts(ConnectionOptions options)
{
    private readonly Dictionary<ulong, (AddressMemory Memory, int Connections)> _accounts = [];

    /// <summary>The accounts of a connection that was accepted.</summary>
    public AddressMemory Enter(ulong address)
    {
        if (options is not { ReorderBudget: { } reorder, UnreadBudget: { } unread })
            return default;
        if (!_accounts.TryGetValue(address, out var entry))
            entry.Memory = new AddressMemory(reorder.OpenAccount(), unread.OpenAccount());
        _accounts[address] = entry with { Connections = entry.Connections + 1 };
        return entry.Memory;
    }

    /// <summary>A connection that had them is over.</summary>
    public void Leave(ulong address)
    {
        if (!_accounts.TryGetValue(address, out var entry))
            return;
        if (entry.Connections == 1)
            _accounts.Remove(address);
        else
            _accounts[address] = entry with { Connections = entry.Connections - 1 };
    }
}
