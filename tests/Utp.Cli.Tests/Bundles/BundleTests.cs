using System.Text.RegularExpressions;
using Utp.Streams;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp send</c> of folders and of several files, and what <c>utp receive</c> makes of them.</summary>
public class BundleTests
{
    private static readonly byte[] Large = TestFolder.RandomBytes(3_000_000);

    [Fact]
    public async Task A_folder_and_files_arrive_under_their_names_with_what_is_in_them()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var photos = MakePhotos(folder);
        var single = folder.Add("single", [1, 2, 3]);
        using var receiver = Receive(target);
        using var sender = UtpRun.Start("send", photos, single, await receiver.ListeningAsync(), "--json");
        await EndWellAsync(receiver, sender);

        Assert.Equal(Describe(folder), Describe(target));
        Assert.Equal(target.Path, receiver.Json.GetProperty("path").GetString());
        foreach (var json in new[] { sender.Json, receiver.Json })
            Assert.Equal(5, json.GetProperty("files").GetInt64());
        Assert.Equal(sender.Json.GetProperty("sha256").GetString(), receiver.Json.GetProperty("sha256").GetString());
        Assert.Equal(sender.Json.GetProperty("bytes").GetInt64(), receiver.Json.GetProperty("bytes").GetInt64());
        Assert.True(sender.Json.GetProperty("confirmed").GetBoolean());
    }

    [Fact]
    public async Task Without_once_each_bundle_gets_a_folder_and_no_sender_chooses_names_beside_others()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", target.Path);
        var address = await receiver.ListeningAsync();
        for (var i = 0; i < 2; i++)
        {
            using var sender = UtpRun.Start("send", MakePhotos(folder), address);
            Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        }

        receiver.Interrupt();
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        var folders = Directory.GetDirectories(target.Path);
        Assert.Equal(2, folders.Length);
        foreach (var made in folders)
        {
            Assert.Matches(@"^\d{8}-\d{6}-127\.0\.0\.1-\d+(-2)?$", Path.GetFileName(made));
            Assert.Equal(Describe(folder), Describe(made));
        }

        Assert.Equal(2, receiver.ErrorLines.Count(line => Regex.IsMatch(line, @"^Received .*: 4 files, 3\.0 MB in .* SHA-256 [0-9a-f]{64}\.$")));
        Assert.Empty(Directory.GetFiles(target.Path));
    }

    [Fact]
    public async Task Permissions_and_times_are_kept_when_asked_and_otherwise_only_that_a_program_can_be_run()
    {
        if (OperatingSystem.IsWindows())
            return;
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        foreach (var preserve in new[] { true, false })
        {
            using var folder = new TestFolder();
            using var target = new TestFolder();
            var photos = MakePhotos(folder);
            var (secret, program, sub) = (Path.Combine(photos, "empty"), Path.Combine(photos, "run.sh"), Path.Combine(photos, "2026"));
            File.SetUnixFileMode(secret, UnixFileMode.UserRead);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);
            File.SetLastWriteTimeUtc(secret, time);
            File.SetUnixFileMode(sub, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
            Directory.SetLastWriteTimeUtc(sub, time);
            using var receiver = Receive(target);
            using var sender = UtpRun.Start(["send", photos, await receiver.ListeningAsync(), "--json", .. preserve ? ["--preserve"] : (string[])[]]);
            await EndWellAsync(receiver, sender);

            string Stored(string name) => Path.Combine(target.Path, "photos", name);
            Assert.Equal(UnixFileMode.UserExecute, File.GetUnixFileMode(Stored("run.sh")) & (UnixFileMode.UserExecute | UnixFileMode.SetUser));
            Assert.Equal(preserve, File.GetUnixFileMode(Stored("empty")) == UnixFileMode.UserRead);
            Assert.Equal(preserve, File.GetLastWriteTimeUtc(Stored("empty")) == time);
            Assert.Equal(preserve, File.GetUnixFileMode(Stored("2026")) == File.GetUnixFileMode(sub));
            Assert.Equal(preserve, Directory.GetLastWriteTimeUtc(Stored("2026")) == time);
            // So that it can be removed.
            File.SetUnixFileMode(sub, FileModes.OwnFolder);
            File.SetUnixFileMode(Stored("2026"), FileModes.OwnFolder);
        }
    }

    [Fact]
    public async Task One_file_that_is_preserved_keeps_its_name()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var file = folder.Add("report", Large);
        File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        using var receiver = Receive(target);
        using var sender = UtpRun.Start("send", "--preserve", file, await receiver.ListeningAsync(), "--json");
        await EndWellAsync(receiver, sender);
        Assert.Equal(target["report"], receiver.Json.GetProperty("path").GetString());
        Assert.Equal(Large, File.ReadAllBytes(target["report"]));
        Assert.Equal(File.GetLastWriteTimeUtc(file), File.GetLastWriteTimeUtc(target["report"]));
    }

    [Fact]
    public async Task Links_inside_are_sent_as_links_and_what_cannot_be_stored_elsewhere_is_left_out_and_said()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var photos = MakePhotos(folder);
        File.CreateSymbolicLink(Path.Combine(photos, "best"), "2026/large");
        File.CreateSymbolicLink(Path.Combine(photos, "2026", "back"), "..");
        File.CreateSymbolicLink(Path.Combine(photos, "passwords"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(photos, "out"), "../../x");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(photos, "socket")));
        using var receiver = Receive(target);
        using var sender = UtpRun.Start("send", photos, await receiver.ListeningAsync(), "--json");
        await EndWellAsync(receiver, sender);

        var stored = Path.Combine(target.Path, "photos");
        Assert.Equal("2026/large", new FileInfo(Path.Combine(stored, "best")).LinkTarget);
        Assert.Equal("..", new FileInfo(Path.Combine(stored, "2026", "back")).LinkTarget);
        foreach (var name in new[] { "passwords", "out", "socket" })
        {
            Assert.False(Path.Exists(Path.Combine(stored, name)));
            Assert.Single(sender.ErrorLines, line => line.StartsWith($"{Path.Combine(photos, name)} is left out: ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_exists_is_not_replaced_without_force_and_both_ends_say_so()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var photos = MakePhotos(folder);
        Directory.CreateDirectory(target["photos"]);
        var mine = Path.Combine(target["photos"], "empty");
        File.WriteAllBytes(mine, [9]);
        File.WriteAllBytes(Path.Combine(target["photos"], "own"), [8]);
        using (var receiver = Receive(target))
        {
            using var sender = UtpRun.Start("send", photos, await receiver.ListeningAsync(), "--json");
            Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
            Assert.Matches("has a file or folder of the same name: add --force there", sender.Json.GetProperty("error").GetString());
            Assert.EndsWith("exists: add --force to replace it, or choose another folder.", await receiver.ErrorLineAsync(new Regex("^Still waiting: ")), StringComparison.Ordinal);
            receiver.Interrupt();
            await receiver.ExitAsync();
        }

        Assert.Equal([9], File.ReadAllBytes(mine));
        Assert.Equal(["photos"], Directory.GetFileSystemEntries(target.Path).Select(Path.GetFileName));
        using var forced = Receive(target, "--force");
        using var again = UtpRun.Start("send", photos, await forced.ListeningAsync(), "--json");
        await EndWellAsync(forced, again);
        Assert.Empty(File.ReadAllBytes(mine));
        Assert.Equal([8], File.ReadAllBytes(Path.Combine(target["photos"], "own")));
        Assert.Equal(Large, File.ReadAllBytes(Path.Combine(target["photos"], "2026", "large")));
    }

    [Fact]
    public async Task With_force_a_link_that_is_there_is_replaced_and_never_followed()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TestFolder();
        using var target = new TestFolder();
        using var outside = new TestFolder();
        var photos = MakePhotos(folder);
        Directory.CreateDirectory(target["photos"]);
        File.CreateSymbolicLink(Path.Combine(target["photos"], "empty"), outside.Add("precious", [7]));
        Directory.CreateSymbolicLink(Path.Combine(target["photos"], "2026"), outside.Path);
        using var receiver = Receive(target, "--force");
        var address = await receiver.ListeningAsync();
        using var refused = UtpRun.Start("send", photos, address, "--json");
        Assert.Equal(ExitCode.Failed, await refused.ExitAsync());
        Assert.EndsWith("is no folder, and a folder was sent under its name: remove it, or choose another folder.", await receiver.ErrorLineAsync(new Regex("^Still waiting: ")), StringComparison.Ordinal);
        Assert.Equal(["precious"], outside.Files);

        File.Delete(Path.Combine(target["photos"], "2026"));
        using var sender = UtpRun.Start("send", photos, address, "--json");
        await EndWellAsync(receiver, sender);
        Assert.Equal([7], File.ReadAllBytes(outside["precious"]));
        Assert.Null(new FileInfo(Path.Combine(target["photos"], "empty")).LinkTarget);
    }

    [Fact]
    public async Task A_receiver_of_one_file_refuses_a_folder_and_waits_for_the_next()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var photos = MakePhotos(folder);
        foreach (var more in new string[][] { [], ["--resume"] })
        {
            using var receiver = UtpRun.Start(["receive", "--bind", "127.0.0.1:0", "--out", target["copy"], "--once", "--force", .. more]);
            var address = await receiver.ListeningAsync();
            using var refused = UtpRun.Start("send", photos, address);
            Assert.Equal(ExitCode.Failed, await refused.ExitAsync());
            Assert.Contains("--out FOLDER", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
            Assert.Contains("one file is stored here: name a folder with --out", await receiver.ErrorLineAsync(new Regex("^Still waiting: ")), StringComparison.Ordinal);
            Assert.Empty(target.Files.Except(["copy"]));
            using var sender = UtpRun.Start(["send", "-", address], new MemoryStream([1]));
            Assert.Equal(ExitCode.Done, await sender.ExitAsync());
            Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        }
    }

    // It says nothing, as an older utp, and hears nothing but the hello: no part of a file that it might store for whole.
    [Fact]
    public async Task An_end_that_does_not_know_folders_is_named_and_gets_no_file()
    {
        using var folder = new TestFolder();
        await using var listener = await UtpListener.BindAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var heard = Task.Run(async () =>
        {
            await using var stream = await listener.AcceptAsync();
            using var bytes = new MemoryStream();
            var error = await Record.ExceptionAsync(() => stream.CopyToAsync(bytes));
            return (bytes.Length, error);
        });
        using var sender = UtpRun.Start("send", MakePhotos(folder), listener.LocalEndPoint.ToString()!);
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        Assert.Matches("does not know folders, several files or --preserve: start utp receive --out FOLDER of this version there", Assert.Single(sender.ErrorLines));
        var (length, error) = await heard.WaitAsync(UtpRun.Patience);
        Assert.Equal(BundleHello.Length, length);
        Assert.IsType<UtpException>(error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(BundleHello.Length)]
    [InlineData(BundleHello.Length + 1)]
    [InlineData(Size)]
    public async Task A_file_that_begins_like_a_bundle_is_stored_as_the_file_that_it_is(int size)
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        byte[] bytes = [.. new BundleHello(new byte[16], true, true, 1, 1, new byte[16]).ToBytes(), .. TestFolder.RandomBytes(Size)];
        bytes = bytes[..size];
        var file = folder.Add("file", bytes);
        foreach (var path in new[] { target.Path, target["copy"] })
        {
            using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", path, "--once", "--json");
            using var sender = UtpRun.Start("send", file, await receiver.ListeningAsync(), "--json");
            await EndWellAsync(receiver, sender);
            Assert.Equal(bytes, File.ReadAllBytes(receiver.Json.GetProperty("path").GetString()!));
        }

        Assert.Empty(Directory.GetDirectories(target.Path));
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_leaves_nothing()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        using var receiver = Receive(target);
        await BreakOffAsync(folder, target, receiver);
        Assert.Empty(Directory.GetFileSystemEntries(target.Path));
    }

    [Fact]
    public async Task A_transfer_that_broke_off_goes_on_with_what_is_there()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        using (var receiver = Receive(target, "--resume"))
        {
            await BreakOffAsync(folder, target, receiver);
            receiver.Interrupt();
            await receiver.ExitAsync();
        }

        // What has gone meanwhile is not kept.
        File.Delete(Path.Combine(folder["photos"], "zz"));
        var kept = Directory.GetFiles(target.Path, "*", SearchOption.AllDirectories).Where(static path => Path.GetFileName(path) is not ("lock" or "zz")).Sum(static path => new FileInfo(path).Length);
        Assert.True(kept > 0);
        using var again = Receive(target, "--resume");
        using var sender = UtpRun.Start("send", folder["photos"], await again.ListeningAsync(), "--resume", "--json");
        await EndWellAsync(again, sender);
        Assert.Single(again.ErrorLines, static line => line.EndsWith(".part was left by a transfer that broke off: who sends the same again with --resume goes on from there.", StringComparison.Ordinal));
        Assert.Equal(Describe(folder), Describe(target));
        foreach (var json in new[] { sender.Json, again.Json })
            Assert.Equal(kept, json.GetProperty("kept").GetInt64());
        Assert.InRange(sender.Json.GetProperty("bytes").GetInt64(), 1, Large.Length - kept + 20_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_earlier_transfer_left_counts_only_where_the_file_begins_with_it_and_the_sender_asks(bool asks)
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var photos = MakePhotos(folder);
        var hello = BundleHello.Of(Bundle.Of([photos]), preserve: false, resume: false);
        using (var staging = Staging.Create(target.Path, hello.Key))
        {
            staging.Keep();
            var left = Path.Combine(staging.Files, "photos");
            Directory.CreateDirectory(Path.Combine(left, "gone"));
            File.WriteAllBytes(Path.Combine(left, "gone", "file"), [1]);
            Directory.CreateDirectory(Path.Combine(left, "empty"));
            Directory.CreateDirectory(Path.Combine(left, "2026"));
            File.WriteAllBytes(Path.Combine(left, "2026", "large"), Large[..1_000_000]);
            File.WriteAllBytes(Path.Combine(left, "run.sh"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
            File.WriteAllBytes(Path.Combine(left, "longer"), [1, 2]);
            if (!OperatingSystem.IsWindows())
                File.CreateSymbolicLink(Path.Combine(left, "ünïcode name"), "/etc/passwd");
        }

        using var receiver = Receive(target, "--resume");
        using var sender = UtpRun.Start(["send", photos, await receiver.ListeningAsync(), "--json", .. asks ? ["--resume"] : (string[])[]]);
        await EndWellAsync(receiver, sender);
        Assert.Equal(Describe(folder), Describe(target));
        Assert.Equal(asks ? 1_000_000 : 0, receiver.Json.GetProperty("kept").GetInt64());
    }

    [Fact]
    public async Task What_a_receiver_that_died_has_left_is_removed_and_said()
    {
        using var folder = new TestFolder();
        using (var staging = Staging.Create(folder.Path, new byte[16]))
        {
            staging.Keep();
            File.WriteAllBytes(Path.Combine(staging.Files, "a"), [1]);
        }

        File.SetLastWriteTimeUtc(Directory.GetFiles(folder.Path, "lock", SearchOption.AllDirectories).Single(), DateTime.UtcNow.AddMinutes(-1));
        using var living = Staging.Create(folder.Path, [.. Enumerable.Repeat((byte)1, 16)]);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder.Path);
        await receiver.ListeningAsync();
        Assert.Single(receiver.ErrorLines, static line => line.StartsWith("Removed ", StringComparison.Ordinal) && line.EndsWith(", which a receiver that died has left.", StringComparison.Ordinal));
        Assert.True(Directory.Exists(living.Files));
        Assert.Single(Directory.GetDirectories(folder.Path));
    }

    [Theory]
    [InlineData("a/same b/same", "would both be stored as same")]
    [InlineData("a -", "Standard input (-) goes alone")]
    [InlineData("a /dev/null", "/dev/null is a pipe, a socket or a device: it goes alone")]
    [InlineData("a a/none", "a/none does not exist: check the path.")]
    [InlineData("a /", "/ has no name to be stored under")]
    public async Task What_cannot_go_together_is_said_before_anything_is_sent(string paths, string says)
    {
        using var folder = new TestFolder();
        foreach (var name in new[] { "a", "b" })
        {
            Directory.CreateDirectory(folder[name]);
            folder.Add($"{name}/same", [1]);
        }

        using var run = UtpRun.Start(["send", .. paths.Split(' ').Select(path => path is "-" || path.StartsWith('/') ? path : folder[path]), "127.0.0.1:9"]);
        Assert.NotEqual(ExitCode.Done, await run.ExitAsync());
        Assert.Contains(says, Assert.Single(run.ErrorLines).Replace(folder.Path + "/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private const int Size = 300_000;

    // The sender of a folder with a file that would take ten minutes is stopped by its user.
    private static async Task BreakOffAsync(TestFolder folder, TestFolder target, UtpRun receiver)
    {
        var photos = MakePhotos(folder);
        using (var file = File.Create(Path.Combine(photos, "zz")))
            file.SetLength(1L << 30);
        using var sender = UtpRun.Start("send", photos, await receiver.ListeningAsync(), "--limit", "2MB");
        await target.GrowsAsync("large");
        sender.Interrupt();
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        await receiver.ErrorLineAsync(new Regex("^Still waiting: The other end, 127.0.0.1:.* was stopped by its user"));
    }

    private static UtpRun Receive(TestFolder target, params string[] more) => UtpRun.Start(["receive", "--bind", "127.0.0.1:0", "--out", target.Path, "--once", "--json", .. more]);

    private static string MakePhotos(TestFolder folder)
    {
        var photos = folder["photos"];
        Directory.CreateDirectory(Path.Combine(photos, "2026", "none"));
        File.WriteAllBytes(Path.Combine(photos, "empty"), []);
        File.WriteAllBytes(Path.Combine(photos, "run.sh"), "#!/bin/sh"u8);
        File.WriteAllBytes(Path.Combine(photos, "ünïcode name"), [1]);
        File.WriteAllBytes(Path.Combine(photos, "2026", "large"), Large);
        return photos;
    }

    private static async Task EndWellAsync(UtpRun receiver, UtpRun sender)
    {
        Assert.Equal((ExitCode.Done, ExitCode.Done), (await sender.ExitAsync(), await receiver.ExitAsync()));
    }

    private static List<string> Describe(TestFolder folder) => Describe(folder.Path);

    // Names, and the hashes of files; hidden ones too.
    private static List<string> Describe(string folder) =>
    [
        .. Directory.GetFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => $"{Path.GetRelativePath(folder, path)} {(File.Exists(path) ? TestFolder.Hash(File.ReadAllBytes(path)) : "")}").Order(StringComparer.Ordinal),
    ];
}
