using System.Text;

namespace Utp.BitTorrent;

/// <summary>What is wrong with bencode, and where.</summary>
/// <param name="Offset">Of the first byte that is wrong.</param>
/// <param name="Problem">In a few words.</param>
internal readonly record struct BencodeError(int Offset, string Problem)
{
    /// <inheritdoc/>
    public override string ToString() => $"at byte {Offset}: {Problem}";
}

/// <summary>
/// Reads bencode (BEP 3) as strictly as it is written down: one form for each value. What a stranger sends is refused with its offset, never thrown, and bounded in depth
/// and in count.
/// </summary>
internal ref struct BencodeReader
{
    /// <summary>Lists and dictionaries in each other. Folders of a BEP 52 file tree are dictionaries in each other.</summary>
    public const int MaxDepth = 100;

    /// <summary>A list entry of one byte becomes an object of forty: so many of them are enough.</summary>
    public const int MaxValues = 2_000_000;

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _anyOrder;
    private int _at;
    private int _values;
    private BencodeError _error;

    private BencodeReader(ReadOnlyMemory<byte> memory, bool anyOrder)
    {
        _memory = memory;
        _bytes = memory.Span;
        _anyOrder = anyOrder;
    }

    /// <summary>Reads exactly one value, which must be all there is.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out BencodeValue value, out BencodeError error)
    {
        if (!TryReadPrefix(bytes, anyOrder: false, out value, out var length, out error))
            return false;
        if (length == bytes.Length)
            return true;
        error = new BencodeError(length, $"{bytes.Length - length} bytes follow the value");
        return false;
    }

    /// <summary>Reads the value at the beginning; something may follow it, as the piece does in BEP 9.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="anyOrder">Whether keys may stand in any order, which some clients' messages have. Twice the same is refused all the same.</param>
    /// <param name="value">What was read.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryReadPrefix(ReadOnlyMemory<byte> bytes, bool anyOrder, out BencodeValue value, out int length, out BencodeError error)
    {
        var reader = new BencodeReader(bytes, anyOrder);
        var read = reader.Value(0);
        value = read!;
        length = reader._at;
        error = reader._error;
        return read is not null;
    }

    private BencodeValue? Value(int depth)
    {
        if (_at >= _bytes.Length)
            return Fail(_at, "it ends where a value should begin");
        if (++_values > MaxValues)
            return Fail(_at, $"it has more than {MaxValues} values");
        return _bytes[_at] switch
        {
            (byte)'i' => Integer(),
            (byte)'l' => depth < MaxDepth ? List(depth) : Fail(_at, $"lists and dictionaries stand in each other more than {MaxDepth} deep"),
            (byte)'d' => depth < MaxDepth ? Dictionary(depth) : Fail(_at, $"lists and dictionaries stand in each other more than {MaxDepth} deep"),
            >= (byte)'0' and <= (byte)'9' => String(),
            var other => Fail(_at, $"a value begins with i, l, d or a digit, not with byte 0x{other:x2}"),
        };
    }

    private BencodeInteger? Integer()
    {
        var start = _at++;
        var negative = _at < _bytes.Length && _bytes[_at] == '-';
        if (negative)
            _at++;
        var digits = _at;
        // Counted downwards: the most negative number has no positive twin.
        long value = 0;
        for (; _at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at]); _at++)
        {
            var digit = _bytes[_at] - '0';
            if (value < (long.MinValue + digit) / 10)
                return Fail<BencodeInteger>(start, "an integer does not fit 64 bits");
            value = (value * 10) - digit;
        }

        if (_at >= _bytes.Length)
            return Fail<BencodeInteger>(_at, "it ends within an integer");
        if (_bytes[_at] != 'e' || _at == digits)
            return Fail<BencodeInteger>(_at, "an integer is i, digits and e");
        if (_bytes[digits] == '0' && (negative || _at - digits > 1))
            return Fail<BencodeInteger>(digits, negative ? "an integer is -0, or begins with a zero" : "an integer begins with a zero");
        if (!negative && value == long.MinValue)
            return Fail<BencodeInteger>(start, "an integer does not fit 64 bits");
        _at++;
        return new BencodeInteger(negative ? value : -value) { Offset = start, Raw = _memory[start.._at] };
    }

    private BencodeString? String()
    {
        var start = _at;
        var length = 0;
        for (; _at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at]); _at++)
        {
            if (length > (int.MaxValue / 10) - 10)
                return Fail<BencodeString>(start, "a string is longer than what was given");
            length = (length * 10) + (_bytes[_at] - '0');
        }

        if (_at >= _bytes.Length)
            return Fail<BencodeString>(_at, "it ends within a string's length");
        if (_bytes[_at] != ':')
            return Fail<BencodeString>(_at, "a string's length ends with a colon");
        if (_bytes[start] == '0' && _at - start > 1)
            return Fail<BencodeString>(start, "a string's length begins with a zero");
        _at++;
        if (length > _bytes.Length - _at)
            return Fail<BencodeString>(start, $"a string of {length} bytes begins, and {_bytes.Length - _at} are left");
        var bytes = _memory.Slice(_at, length);
        _at += length;
        return new BencodeString(bytes) { Offset = start, Raw = _memory[start.._at] };
    }

    private BencodeList? List(int depth)
    {
        var start = _at++;
        var items = new List<BencodeValue>();
        while (!Ends())
        {
            if (Value(depth + 1) is not { } item)
                return null;
            items.Add(item);
        }

        return new BencodeList(items) { Offset = start, Raw = _memory[start.._at] };
    }

    private BencodeDictionary? Dictionary(int depth)
    {
        var start = _at++;
        var entries = new List<KeyValuePair<string, BencodeValue>>();
        HashSet<string>? seen = _anyOrder ? new(StringComparer.Ordinal) : null;
        while (!Ends())
        {
            var at = _at;
            if (at < _bytes.Length && !char.IsAsciiDigit((char)_bytes[at]))
                return Fail<BencodeDictionary>(at, "a dictionary's key is a string");
            if (Value(depth + 1) is not BencodeString name)
                return null;
            // Latin-1 keeps the order of the bytes.
            var key = Encoding.Latin1.GetString(name.Bytes.Span);
            var order = entries.Count == 0 ? 1 : string.CompareOrdinal(key, entries[^1].Key);
            if (order == 0 || seen?.Add(key) == false)
                return Fail<BencodeDictionary>(at, $"the key \"{Shown(key)}\" stands twice in a dictionary");
            if (order < 0 && !_anyOrder)
                return Fail<BencodeDictionary>(at, $"the key \"{Shown(key)}\" stands behind one that it should precede");
            if (Value(depth + 1) is not { } value)
                return null;
            entries.Add(new(key, value));
        }

        return new BencodeDictionary(entries) { Offset = start, Raw = _memory[start.._at] };
    }

    // What is missing is found by whoever reads the next value.
    private bool Ends()
    {
        if (_at >= _bytes.Length || _bytes[_at] != 'e')
            return false;
        _at++;
        return true;
    }

    private BencodeValue? Fail(int at, string problem) => Fail<BencodeValue>(at, problem);

    private T? Fail<T>(int at, string problem)
        where T : BencodeValue
    {
        _error = new BencodeError(at, problem);
        return null;
    }

    private static string Shown(string key) => string.Concat(key.Take(40).Select(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '.' or '_' or '-' ? c : '?'));
}
