//! The root of every part's module: exports `_start`, which runs the `run` of the part's own file.
//! A broken promise inside a part (an index out of range, an overflow) traps: the call fails, nothing goes on wrong.

const std = @import("std");
const part = @import("part");
const self = @import("self");

pub const panic = std.debug.no_panic;

comptime {
    part.entry(self.run);
}
