using Akka.Actor;
using Akka.Cluster.Sharding;

/// <summary>To an account.</summary>
sealed record Deposit(string Account, int Amount);

/// <summary>Its answer: what it holds, and where it lives.</summary>
sealed record Balance(string Account, int Total, string Node);

/// <summary>One of the sharded entities. It lives on some node, and begins anew, with nothing, where that node was lost: what must outlive a node needs Akka.Persistence.</summary>
sealed class Account : ReceiveActor
{
    private int _total;

    public Account(string id, string node) => Receive<Deposit>(deposit => Sender.Tell(new Balance(id, _total += deposit.Amount, node)));
}

/// <summary>Which account a message is for; ten shards of accounts.</summary>
sealed class AccountOf() : HashCodeMessageExtractor(10)
{
    public override string? EntityId(object message) => (message as Deposit)?.Account;
}
