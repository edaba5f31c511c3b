namespace Utp.Dashboard;

/// <summary>The last values of something that is seen once a second; the oldest go. Not for several threads at once.</summary>
internal sealed class Trail(int capacity)
{
    private readonly float[] _values = new float[capacity];
    private int _next;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The latest; 0: there is none.</summary>
    public float Last => Count == 0 ? 0 : this[Count - 1];

    /// <summary>The values, the oldest first.</summary>
    public float this[int index] => _values[(_next - Count + index + 2 * _values.Length) % _values.Length];

    public void Add(double value)
    {
        _values[_next] = (float)value;
        _next = (_next + 1) % _values.Length;
        Count = Math.Min(Count + 1, _values.Length);
    }
}
