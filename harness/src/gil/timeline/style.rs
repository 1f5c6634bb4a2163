//! The colours of the race's picture, which colour-blind readers can tell apart. Source: M. Okabe and K. Ito, "Color
//! universal design" (2008).

use primelanes_backends::global_lock::trace::Doing;

/// Returns the CSS class of a state.
pub(super) const fn class(doing: Doing) -> &'static str {
    match doing {
        Doing::Hold => "hold",
        Doing::Wait => "wait",
        Doing::ForcedWait => "forced",
        Doing::Detached => "detached",
    }
}

/// The style, the hatching and the arrow head. All names begin with `gil` or are nested in that class, because the
/// picture may be part of a page.
pub(crate) const STYLE: &str = r#"<style>
.gil text { font: 12px sans-serif; fill: #24292F }
.gil .title { font-size: 15px; font-weight: 600 }
.gil .note { fill: #57606A }
.gil .tick { font-size: 11px; text-anchor: middle; fill: #57606A }
.gil .end { text-anchor: end }
.gil .paper { fill: #FFFFFF }
.gil .grid { stroke: #D0D7DE; stroke-width: 0.6 }
.gil .axis { stroke: #24292F }
.gil .hold { fill: #0072B2 }
.gil .wait { fill: url(#gil-hatching) }
.gil .forced { fill: #D55E00 }
.gil .detached { fill: #009E73 }
.gil .sliver { stroke-width: 1; fill: none }
.gil .sliver.hold { stroke: #0072B2 }
.gil .sliver.wait { stroke: #C3D3E6 }
.gil .sliver.forced { stroke: #D55E00; stroke-width: 1.6 }
.gil .sliver.detached { stroke: #009E73 }
.gil .light { fill: #E6EEF7 }
.gil .lines { stroke: #A9BED6; stroke-width: 1.2 }
.gil .steps { fill: #E69F00; fill-opacity: 0.35; stroke: #E69F00; stroke-width: 0.8 }
.gil .arrow { fill: none; stroke: #24292F; stroke-width: 1.2; marker-end: url(#gil-head) }
.gil .head, .gil .request { fill: #24292F }
.gil .request { stroke: #FFFFFF; stroke-width: 0.8 }
.gil .refrained { fill: #FFFFFF; stroke: #24292F; stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
.gil text, .gil .head, .gil .request { fill: #E6EDF3 }
.gil .note, .gil .tick { fill: #9198A1 }
.gil .paper, .gil .refrained { fill: #0D1117 }
.gil .grid { stroke: #30363D }
.gil .axis, .gil .arrow, .gil .refrained { stroke: #E6EDF3 }
.gil .request { stroke: #0D1117 }
.gil .light { fill: #1B2636 }
.gil .lines { stroke: #40557A }
.gil .sliver.wait { stroke: #34486A }
}
</style>
<defs>
<pattern id="gil-hatching" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect class="light" width="5" height="5"/><path class="lines" d="M0 0V5"/>
</pattern>
<marker id="gil-head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6"
markerUnits="userSpaceOnUse" orient="auto">
<path class="head" d="M0 0L6 3L0 6z"/>
</marker>
</defs>"#;
