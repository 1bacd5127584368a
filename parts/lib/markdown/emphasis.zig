//! Emphasis: which marks (stars, underscores, tildes) belong together, and the tree that comes of it.
//!
//! Marks are found as texts among their siblings. They are paired by the specification's rules, with a stack of the marks
//! that may still open something. Pairs never cross, so a mark only notes what begins and what ends at it, and the
//! siblings become a tree in one go at the end: a mark costs the same however many there are.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const Node = nodes.Node;
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

pub const Mark = struct {
    node: *Node,
    char: u8,
    /// How many characters are left of the `original` ones.
    count: usize,
    original: usize,
    opens: bool,
    closes: bool,
    /// What begins behind this mark, the innermost first, and how much ends before it.
    begins: std.ArrayList(nodes.Kind) = .empty,
    ends: usize = 0,

    fn pairsWith(opener: Mark, closer: Mark) bool {
        if (opener.char != closer.char) return false;
        if (closer.char == '~') return opener.count == closer.count;
        const both = opener.closes or closer.opens;
        const threes = opener.original % 3 == 0 and closer.original % 3 == 0;
        return !both or threes or (opener.original + closer.original) % 3 != 0;
    }

    /// Closers of one kind pair with the same openers.
    fn kind(self: Mark) usize {
        if (self.char == '~') return 11 + self.count;
        return self.original % 3 + @as(usize, if (self.opens) 3 else 0) + @as(usize, if (self.char == '_') 6 else 0);
    }
};

const kinds = 14;

/// The siblings with what is between paired marks inside of nodes of its own. `marks` are theirs, in order.
pub fn tree(siblings: []const *Node, marks: []Mark) OutOfMemory![]const *Node {
    try pair(marks);
    var open: std.ArrayList(*Node) = .empty;
    const root = try begin(&open, .document);
    var next: usize = 0;
    for (siblings) |node| {
        const mark: ?Mark = if (next < marks.len and marks[next].node == node) marks[next] else null;
        if (mark) |found| open.items.len -= found.ends;
        try open.items[open.items.len - 1].adopt(node);
        const found = mark orelse continue;
        next += 1;
        var left = found.begins.items.len;
        while (left > 0) : (left -= 1) _ = try begin(&open, found.begins.items[left - 1]);
    }
    return root.children.items;
}

fn begin(open: *std.ArrayList(*Node), kind: nodes.Kind) OutOfMemory!*Node {
    const node = try gpa.create(Node);
    node.* = .{ .kind = kind };
    if (open.items.len > 0) try open.items[open.items.len - 1].adopt(node);
    try open.append(gpa, node);
    return node;
}

fn pair(marks: []Mark) OutOfMemory!void {
    var waiting: std.ArrayList(usize) = .empty;
    // For each kind of closer: the marks before this one have been looked at, and none pairs with it.
    var bottoms = [_]usize{0} ** kinds;
    for (marks, 0..) |*closer, at| {
        if (closer.closes) while (closer.count > 0) {
            const place = openerFor(closer.*, marks, waiting.items, bottoms[closer.kind()]) orelse {
                bottoms[closer.kind()] = at;
                break;
            };
            const opener = &marks[waiting.items[place]];
            try join(opener, closer);
            waiting.items.len = if (opener.count > 0) place + 1 else place;
        };
        if (closer.opens and closer.count > 0) try waiting.append(gpa, at);
    }
}

fn openerFor(closer: Mark, marks: []const Mark, waiting: []const usize, bottom: usize) ?usize {
    var place = waiting.len;
    while (place > 0 and waiting[place - 1] >= bottom) {
        place -= 1;
        if (marks[waiting[place]].pairsWith(closer)) return place;
    }
    return null;
}

fn join(opener: *Mark, closer: *Mark) OutOfMemory!void {
    const used: usize = if (opener.char == '~') opener.count else if (opener.count >= 2 and closer.count >= 2) 2 else 1;
    for ([_]*Mark{ opener, closer }) |mark| {
        mark.count -= used;
        mark.node.text.items.len -= used;
    }
    try opener.begins.append(gpa, if (opener.char == '~') .strike else if (used == 2) .strong else .emphasis);
    closer.ends += 1;
}
