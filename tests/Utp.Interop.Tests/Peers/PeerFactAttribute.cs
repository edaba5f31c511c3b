namespace Utp.Interop.Tests.Peers;

/// <summary>A test that needs the peers. Where they cannot run it is skipped with the reason, unless <c>UTP_REQUIRE_PEERS=1</c>: then it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute() => Skip = PeerRequirement.ReasonToSkip;
}

/// <summary>As <see cref="PeerFactAttribute"/>, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute() => Skip = PeerRequirement.ReasonToSkip;
}

internal static class PeerRequirement
{
    /// <summary>Null when the peers can run, and when they must: then the test says itself why it cannot.</summary>
    public static string? ReasonToSkip =>
        Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") == "1" ? null : NodeModules.WhyMissing;
}
