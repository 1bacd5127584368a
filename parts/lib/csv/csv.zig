//! CSV, both ways: RFC 4180 and what the world does beyond it.

pub const reading = @import("reading.zig");
pub const writing = @import("writing.zig");

/// One character that separates fields, and one that quotes them.
pub const Dialect = struct { delimiter: []const u8, quote: u8 };
