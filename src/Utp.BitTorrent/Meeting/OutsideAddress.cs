using System.Net;

namespace Utp.BitTorrent;

/// <summary>Our address as others see it: each address has one vote, its last; what most say holds. So one who lies changes nothing as long as others speak. No two threads at the same time.</summary>
internal sealed class OutsideAddress
{
    private const int MaxVoters = 200;

    private readonly Dictionary<IPAddress, IPAddress> _votes = [];
    private readonly Queue<IPAddress> _voters = [];

    /// <summary>What most say; null: nobody has said anything yet.</summary>
    public IPAddress? Most => _votes.Count == 0
        ? null
        : _votes.Values.GroupBy(static said => said).OrderByDescending(static votes => votes.Count()).First().Key;

    /// <summary>Somebody says it.</summary>
    /// <param name="voter">Who.</param>
    /// <param name="said">Our address.</param>
    public void Vote(IPAddress voter, IPAddress said)
    {
        if (said.IsIPv4MappedToIPv6)
            said = said.MapToIPv4();
        // From far away we have no address of this network.
        if (!AddressScope.IsShared(said, voter))
            return;
        if (!_votes.ContainsKey(voter))
        {
            _voters.Enqueue(voter);
            if (_voters.Count > MaxVoters)
                _votes.Remove(_voters.Dequeue());
        }

        _votes[voter] = said;
    }
}
