using System.Diagnostics;

namespace Utp.Actors;

/// <summary>
/// Writes the records of all connections of a manager, on one thread of its own, which is there from the first record on. What waits for it is bounded
/// (<see cref="RecordMemory"/>), and nobody waits for it: not the connections, which drop and count, and at the end only for a moment (design note 0041).
/// </summary>
/// <param name="settings">Of all records.</param>
/// <param name="warn">Told in a sentence when a record cannot be written; any thread.</param>
internal sealed class RecordWriter(TraceSettings settings, Action<string> warn)
{
    private const int MaxOpenFiles = 256;
    private const int TextBytes = 64 << 10;
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    // The thread may work a twentieth of the time: where connections use every core, what it takes they miss. Beyond that memory runs out, and things are dropped.
    private const int RestPerWork = 19;
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private readonly Queue<Item> _items = new();
    private readonly List<RecordFile> _open = [];

    // Every file that was begun, the oldest first, with its last known size.
    private readonly LinkedList<(string Path, long Bytes)> _written = new();
    private readonly Dictionary<string, LinkedListNode<(string Path, long Bytes)>> _byPath = [];
    private readonly byte[] _text = new byte[TextBytes];
    private long _totalBytes;
    private long _use;
    private Thread? _thread;
    private bool _isStopped;

    public TraceSettings Settings { get; } = settings;

    public RecordMemory Memory { get; } = new(settings.MemoryBytes);

    /// <summary>Hands over a piece of events, which is the writer's from now on.</summary>
    public void Write(QlogFile file, TraceEvent[] events, int count, long droppedBefore) => Enqueue(new Item(file) { Events = events, Count = count, Dropped = droppedBefore });

    /// <summary>Hands over a piece of packets, which is the writer's from now on.</summary>
    public void Write(PcapngFile file, byte[] bytes, int count) => Enqueue(new Item(file) { Bytes = bytes, Count = count });

    /// <summary>Says in the file that so many events are missing before this time.</summary>
    public void WriteDropped(QlogFile file, long micros, long count) =>
        Enqueue(new Item(null) { Do = () => Append(file, _text.AsSpan(0, QlogText.WriteDropped(_text, Math.Max(0, micros - file.BeganMicros), count))) });

    /// <summary>Begins files; then says what came of it: the exception, or null. Called on the writer's thread.</summary>
    public void Begin(string folder, IReadOnlyList<RecordFile> files, Action<Exception?> then) => Enqueue(new Item(null) { Do = () => then(Begin(folder, files)) });

    /// <summary>Ends a record's files, behind what was handed over; then says so.</summary>
    public void End(IReadOnlyList<RecordFile> files, byte[]? lastBlock, Action then) => Enqueue(new Item(null)
    {
        Do = () =>
        {
            foreach (var file in files)
            {
                if (lastBlock is not null && file is PcapngFile)
                    Append(file, lastBlock);
                Close(file);
            }

            then();
        },
    });

    /// <summary>Writes what is left, for a moment at most, and ends the thread.</summary>
    public void Stop()
    {
        Thread? thread;
        lock (_gate)
        {
            _isStopped = true;
            thread = _thread;
            Monitor.PulseAll(_gate);
        }

        if (thread is not null && thread != Thread.CurrentThread)
            thread.Join(LastPatience);
    }

    private void Enqueue(Item item)
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                Return(item);
                return;
            }

            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "utp-record", Priority = ThreadPriority.BelowNormal };
                _thread.Start();
            }

            _items.Enqueue(item);
            if (_items.Count == 1)
                Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        var worked = TimeSpan.Zero;
        while (TryTake(out var item))
        {
            var begin = Stopwatch.GetTimestamp();
            try
            {
                Do(item);
            }
            finally
            {
                Return(item);
            }

            worked += Stopwatch.GetElapsedTime(begin);
            if (worked * RestPerWork >= LeastRest)
            {
                Rest(worked * RestPerWork);
                worked = TimeSpan.Zero;
            }
        }

        foreach (var file in _open)
            file.Close();
    }

    private bool TryTake(out Item item)
    {
        lock (_gate)
        {
            while (!_items.TryDequeue(out item!))
            {
                if (_isStopped)
                    return false;
                Monitor.Wait(_gate);
            }

            return true;
        }
    }

    // Not when all must be written: then the process is about to end.
    private void Rest(TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        lock (_gate)
        {
            while (!_isStopped && Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until) is { Ticks: > TimeSpan.TicksPerMillisecond } left)
                Monitor.Wait(_gate, left);
        }
    }

    private void Do(Item item)
    {
        item.Do?.Invoke();
        if (item.File is not { Failure: null } file)
            return;
        if (item.Bytes is { } packets)
            Append(file, packets.AsSpan(0, item.Count));
        if (item.Events is { } events)
            WriteEvents((QlogFile)file, events.AsSpan(0, item.Count), item.Dropped);
    }

    private void WriteEvents(QlogFile file, ReadOnlySpan<TraceEvent> events, long droppedBefore)
    {
        var length = droppedBefore > 0 && events.Length > 0 ? QlogText.WriteDropped(_text, Math.Max(0, events[0].At.Micros - file.BeganMicros), droppedBefore) : 0;
        foreach (ref readonly var one in events)
        {
            if (length + QlogText.LargestBytes > TextBytes)
            {
                Append(file, _text.AsSpan(0, length));
                length = 0;
            }

            length += QlogText.Write(_text.AsSpan(length), one, file.BeganMicros);
        }

        if (length > 0)
            Append(file, _text.AsSpan(0, length));
    }

    private static string Advice(string path, Exception e) =>
        $"uTP's record {path} cannot be written ({e.Message}) and is given up; the connection goes on. Make room, or choose another folder for utp.trace.";

    private Exception? Begin(string folder, IReadOnlyList<RecordFile> files)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            foreach (var file in files)
                file.Failure = e;
            warn(Advice(folder, e));
            return e;
        }

        foreach (var file in files)
            Append(file, []);
        return files.Select(static file => file.Failure).FirstOrDefault(static failure => failure is not null);
    }

    private void Append(RecordFile file, ReadOnlySpan<byte> bytes)
    {
        if (file.Failure is not null)
            return;
        try
        {
            if (file.Bytes > 0 && file.Bytes + bytes.Length > Settings.FileBytes)
            {
                Close(file);
                file.Rotate();
            }

            if (!file.IsOpen)
                MakeRoomToOpen(file);
            Count(file.Path, file.Append(bytes, ++_use));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            file.Failure = e;
            Close(file);
            warn(Advice(file.Path, e));
        }
    }

    private void MakeRoomToOpen(RecordFile file)
    {
        if (_open.Count >= MaxOpenFiles)
            Close(_open.MinBy(static open => open.LastUse)!);
        _open.Add(file);
    }

    private void Close(RecordFile file)
    {
        _open.Remove(file);
        file.Close();
    }

    // The oldest files go when all together are too large; a connection that still writes one goes on in another.
    private void Count(string path, long added)
    {
        if (!_byPath.TryGetValue(path, out var node))
            _byPath.Add(path, node = _written.AddLast((path, 0L)));
        node.Value = (path, node.Value.Bytes + added);
        _totalBytes += added;
        for (var oldest = _written.First; oldest is not null && _totalBytes > Settings.TotalBytes;)
        {
            var next = oldest.Next;
            if (oldest != node)
            {
                if (_open.Find(open => open.Path == oldest.Value.Path) is { } stillOpen)
                {
                    Close(stillOpen);
                    stillOpen.Rotate();
                }

                File.Delete(oldest.Value.Path);
                _totalBytes -= oldest.Value.Bytes;
                _byPath.Remove(oldest.Value.Path);
                _written.Remove(oldest);
            }

            oldest = next;
        }
    }

    private void Return(Item item)
    {
        if (item.Events is { } events)
            Memory.Return(events);
        if (item.Bytes is { } bytes)
            Memory.Return(bytes);
    }

    private sealed record Item(RecordFile? File)
    {
        public TraceEvent[]? Events { get; init; }

        public byte[]? Bytes { get; init; }

        public int Count { get; init; }

        public long Dropped { get; init; }

        public Action? Do { get; init; }
    }
}
