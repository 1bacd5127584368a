//! The tree as plain text: what a reader would read aloud. Blocks are parted by an empty line, items keep a mark, a link
//! keeps its address when it is not its text already.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const Node = nodes.Node;
const Error = part.Error;
const gpa = part.gpa;
const Bytes = std.ArrayList(u8);

/// `indent` stands before every line but the first.
pub fn write(out: *Bytes, node: *Node, indent: []const u8) Error!void {
    for (node.children.items, 0..) |child, i| {
        const tight = node.kind == .list and node.list.tight or node.kind == .item and node.parent.?.list.tight;
        if (i > 0) try out.appendSlice(gpa, if (tight) "\n" else try part.concat(&.{ "\n", std.mem.trimRight(u8, indent, " "), "\n" }));
        if (i > 0) try out.appendSlice(gpa, indent);
        try block(out, child, indent, i);
    }
}

fn block(out: *Bytes, node: *Node, indent: []const u8, place: usize) Error!void {
    switch (node.kind) {
        .quote => {
            try out.appendSlice(gpa, "> ");
            try write(out, node, try part.concat(&.{ indent, "> " }));
        },
        .list => try write(out, node, indent),
        .item => {
            const mark = if (node.parent.?.list.ordered) try part.concat(&.{ (try part.integer(node.parent.?.list.start + place)).number, ". " }) else "- ";
            try out.appendSlice(gpa, mark);
            try write(out, node, try part.concat(&.{ indent, "    "[0..@min(4, mark.len)] }));
        },
        .rule => try out.appendSlice(gpa, "---"),
        .code_block => try lines(out, std.mem.trimRight(u8, node.text.items, "\n"), indent),
        .html_block => {},
        else => {
            var text: Bytes = .empty;
            try inlineText(&text, node);
            try lines(out, text.items, indent);
        },
    }
}

fn lines(out: *Bytes, text: []const u8, indent: []const u8) Error!void {
    var rest = std.mem.splitScalar(u8, text, '\n');
    try out.appendSlice(gpa, rest.first());
    while (rest.next()) |line| try out.appendSlice(gpa, try part.concat(&.{ "\n", indent, line }));
}

pub fn inlineText(out: *Bytes, node: *Node) Error!void {
    for (node.children.items) |child| switch (child.kind) {
        .text, .code => try out.appendSlice(gpa, child.text.items),
        .soft_break, .hard_break => try out.append(gpa, '\n'),
        .html => {},
        .link => try linkText(out, child, node.kind != .image),
        else => try inlineText(out, child),
    };
}

fn linkText(out: *Bytes, link: *Node, with_address: bool) Error!void {
    const start = out.items.len;
    try inlineText(out, link);
    const address = link.text.items;
    const shown = std.mem.eql(u8, out.items[start..], address) or std.mem.startsWith(u8, address, "mailto:");
    if (with_address and !shown and address.len > 0) try out.appendSlice(gpa, try part.concat(&.{ " (", address, ")" }));
}
