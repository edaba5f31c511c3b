using Spectre.Console;
using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>
/// Draws everything without colours and decoration, as <c>NO_COLOR</c> asks for (no-color.org): Spectre.Console itself leaves out the colours alone, and still writes bold text. What
/// moves the cursor stays.
/// </summary>
internal sealed class PlainText : IRenderHook
{
    /// <summary>Whether the user has asked for it.</summary>
    public static bool IsAskedFor => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    /// <inheritdoc/>
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(static renderable => new Plain(renderable));

    private sealed class Plain(IRenderable styled) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => styled.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            styled.Render(options, maxWidth).Select(static segment => segment.IsControlCode || segment.IsLineBreak ? segment : new Segment(segment.Text));
    }
}
