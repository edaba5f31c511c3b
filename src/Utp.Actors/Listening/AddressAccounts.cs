using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What each remote address holds of the memory for what is not in order yet: one account for all its connections, so that an address that fills the memory is
/// refused before others are (design note 0031). One listener's alone, on its turns.
/// </summary>
internal sealed class AddressAccounts(MemoryBudget? budget)
{
    private readonly Dictionary<ulong, (MemoryBudget Account, int Connections)> _accounts = [];

    /// <summary>The account of a connection that was accepted.</summary>
    public MemoryBudget? Enter(ulong address)
    {
        if (budget is null)
            return null;
        if (!_accounts.TryGetValue(address, out var entry))
            entry.Account = budget.OpenAccount();
        _accounts[address] = entry with { Connections = entry.Connections + 1 };
        return entry.Account;
    }

    /// <summary>A connection that had one is over.</summary>
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
