//! The tree that a text becomes: blocks, and the inlines inside of them.

const std = @import("std");
const gpa = @import("../part.zig").gpa;

pub const Kind = enum {
    document, quote, list, item, paragraph, heading, code_block, html_block, rule,
    text, soft_break, hard_break, code, html, emphasis, strong, strike, link, image,
};

pub const Node = struct {
    kind: Kind,
    parent: ?*Node = null,
    children: std.ArrayList(*Node) = .empty,
    open: bool = true,
    last_line_blank: bool = false,
    /// The text of a leaf; of a link or image its address.
    text: std.ArrayList(u8) = .empty,
    /// The title of a link or image, what stands behind a fence.
    info: []const u8 = "",
    level: usize = 0,
    fence: Fence = .{},
    html_type: usize = 0,
    list: List = .{},
    began_on: usize = 0,

    pub fn last(self: *Node) ?*Node {
        return if (self.children.items.len == 0) null else self.children.items[self.children.items.len - 1];
    }

    /// Most nodes have no more children than two; a list makes room for many at once.
    pub fn adopt(self: *Node, child: *Node) error{OutOfMemory}!void {
        if (self.children.capacity == 0) try self.children.ensureTotalCapacityPrecise(gpa, 2);
        try self.children.append(gpa, child);
    }

    pub fn takesLines(self: *Node) bool {
        return self.kind == .paragraph or self.kind == .code_block or self.kind == .html_block;
    }

    pub fn canContain(self: *Node, kind: Kind) bool {
        return switch (self.kind) {
            .document, .quote, .item => kind != .item,
            .list => kind == .item,
            else => false,
        };
    }
};

pub const Fence = struct { char: u8 = 0, length: usize = 0, offset: usize = 0 };
pub const List = struct { ordered: bool = false, char: u8 = 0, start: usize = 0, padding: usize = 0, marker_offset: usize = 0, tight: bool = true };
