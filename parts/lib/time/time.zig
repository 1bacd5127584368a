//! Moments: reading what people and programs write for a date (`reading`, `patterns`), the zones of the IANA (`zones`,
//! `zone_rule`), a moment in its zone (`moment`), distances and where units begin (`spans`), working days (`days`).

pub const zones = @import("zones.zig");
pub const moments = @import("moment.zig");
pub const reading = @import("reading.zig");
pub const patterns = @import("patterns.zig");
pub const spans = @import("spans.zig");
pub const days = @import("days.zig");
