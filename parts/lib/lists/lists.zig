//! Operations on lists: making groups, putting in order, what two lists have in common, joining them, changing the shape.

pub const joins = @import("joins.zig");
pub const grouping = @import("grouping.zig");
pub const ordering = @import("ordering.zig");
pub const sets = @import("sets.zig");
pub const shapes = @import("shapes.zig");
