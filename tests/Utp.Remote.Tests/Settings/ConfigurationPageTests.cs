using Utp.Actors.Tests.Settings;

namespace Utp.Remote.Tests.Settings;

/// <summary>
/// <c>docs/configuration-remote.md</c> is written from <c>config/utp-remote.hocon</c>. To write it anew:
/// <c>UTP_ACCEPT_DOCS=1 dotnet test tests/Utp.Remote.Tests -c Release --filter ConfigurationPageTests</c>, and commit the page.
/// </summary>
public sealed class ConfigurationPageTests
{
    private const string Head =
        """
        # Configuration of the transport of Akka.Remote

        Every setting of `akka.remote.utp { … }`: its default, what it means, and what is allowed. This page is written from
        [config/utp-remote.hocon](../config/utp-remote.hocon); a test fails when it is stale. A wrong value, and a key that is
        not listed here, stop the start with an error that names key, value and range. Below `utp { … }` in the section may
        stand any setting of [configuration.md](configuration.md), for this transport alone. How to use it is in
        [guide-remote.md](guide-remote.md).

        Of Akka's own transport (`akka.remote.dot-netty.tcp`), `transport-protocol`, `byte-order`, `batching`, `enable-pooling`,
        `server-socket-worker-pool`, `client-socket-worker-pool`, `use-dispatcher-for-io`, `enable-backwards-compatibility`,
        `tcp-nodelay`, `tcp-keepalive` and `tcp-reuse-addr` mean nothing here, and a warning says so.

        | key | default | meaning |
        |---|---|---|

        """;

    private static readonly string Root = FindRoot();
    private static readonly IReadOnlyList<ReferenceKey> Keys = ReferenceFile.Read(Path.Combine(Root, "config", "utp-remote.hocon"));

    [Fact]
    public void The_page_is_what_the_reference_says()
    {
        var rows = Keys.Select(static key =>
            $"| `{key.Name}` | {(key.Default.Length == 0 ? "" : $"`{key.Default}`")} | {string.Join("<br>", key.Comment).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        var page = Head.ReplaceLineEndings("\n") + string.Concat(rows);

        var file = Path.Combine(Root, "docs", "configuration-remote.md");
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_DOCS") == "1")
            File.WriteAllText(file, page);
        Assert.True(File.Exists(file) && File.ReadAllText(file) == page, $"{file} is stale: write it anew as the summary of {nameof(ConfigurationPageTests)} says.");
    }

    [Fact]
    public void Every_key_of_the_reference_is_on_the_page_and_explained()
    {
        Assert.Equal(SectionReader.Leaves(UtpTransportSettings.Reference).Distinct().Order(StringComparer.Ordinal), Keys.Select(static key => key.Name).Order(StringComparer.Ordinal));
        Assert.All(Keys, static key => Assert.True(key.Comment.Count > 0, $"{key.Name} has no comment in utp-remote.hocon."));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }
}
