using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>A line as it is, however narrow the terminal: that wraps it, and a copied hash or path stays whole.</summary>
internal sealed class RawLine(string text) : IRenderable
{
    // What was drawn there before, and is longer than the line's last row.
    private const string EraseToEndOfRow = "\u001b[K";

    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => new(1, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => options.Ansi ? [new Segment(text), Segment.Control(EraseToEndOfRow), Segment.LineBreak] : [new Segment(text), Segment.LineBreak];
}
