using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public sealed class SynFloodScenarios
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void While_nothing_is_remembered_of_syns_transfers_succeed_whatever_is_lost_behind_the_answer(int losses)
    {
        var transfer = NothingRemembered(new TransferPlan { Bytes = 100_000 });
        transfer.Forth.Filter = Lose.First(losses, static packet => packet.Type != PacketType.Syn);
        transfer.RunToSuccess().RunOut();
        Assert.Equal(1, transfer.Accepted);
    }

    [Fact]
    public void A_stateless_answer_that_is_lost_is_given_again()
    {
        var transfer = NothingRemembered(new TransferPlan { Bytes = 10_000 });
        transfer.Back.Filter = Lose.First(1, static _ => true);
        transfer.RunToSuccess().RunOut();
        Assert.Equal(1, transfer.Accepted);
    }

    [Fact]
    public void A_client_that_only_listens_is_accepted_by_its_confirmation()
    {
        var transfer = NothingRemembered(new TransferPlan());
        transfer.Forth.Filter = Lose.First(1, PacketType.State);
        transfer.RunToSuccess().RunOut();
    }

    private static Transfer NothingRemembered(TransferPlan request) => new(
        request: request, answer: new TransferPlan { Bytes = 50_000 },
        server: EndpointOptions.Default with { Limits = new EndpointLimits { MaxHalfOpen = 0 } });
}
