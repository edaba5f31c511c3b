using Utp.Links;

namespace Utp.Network.Tests;

/// <summary>A test that lays a real link. Where that cannot be done it is skipped with the reason, unless <c>UTP_REQUIRE_LINKS=1</c>: then it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinkFactAttribute : FactAttribute
{
    public LinkFactAttribute() => Skip = LinkRequirement.ReasonToSkip;
}

/// <summary>As <see cref="LinkFactAttribute"/>, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinkTheoryAttribute : TheoryAttribute
{
    public LinkTheoryAttribute() => Skip = LinkRequirement.ReasonToSkip;
}

internal static class LinkRequirement
{
    /// <summary>Null when links can be laid, and when they must: then laying says itself why it cannot.</summary>
    public static string? ReasonToSkip => Environment.GetEnvironmentVariable("UTP_REQUIRE_LINKS") == "1" ? null : RealLink.WhyNot;
}
