//! `markdown`: CommonMark (and `~~struck~~`) to HTML that is safe to show, or to plain text.

const std = @import("std");
const part = @import("part");
const blocks = part.markdown.blocks;
const inlines = part.markdown.inlines;
const html = part.markdown.html;
const plain = part.markdown.plain;
const Node = part.markdown.Node;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const To = enum { html, text };

pub fn run(input: part.Input) Error!Value {
    const to = try input.choice("to", To, .html);
    const raw = try input.choice("html", html.Raw, .escape);
    const soft = try input.boolOr("hard_breaks", false);
    var parser = try blocks.Parser.parse(try withoutNul(try input.text("text")));
    try inlinesOf(parser.document, &parser.links, 0);
    var out: std.ArrayList(u8) = .empty;
    switch (to) {
        .html => try (html.Writer{ .out = &out, .raw = raw, .hard_breaks = soft }).node(parser.document, 0),
        .text => try plain.write(&out, parser.document, ""),
    }
    return part.result(.{ .text = out.items });
}

fn withoutNul(text: []const u8) Error![]const u8 {
    return std.mem.replaceOwned(u8, gpa, text, "\x00", "\u{FFFD}");
}

fn inlinesOf(node: *Node, links: anytype, depth: usize) Error!void {
    if (depth > part.markdown.max_depth) return part.fail("too_deep", &.{"the text is nested deeper than 200 quotes and lists"});
    if (node.kind == .paragraph or node.kind == .heading) return inlines.Parser.parse(node, links);
    for (node.children.items) |child| try inlinesOf(child, links, depth + 1);
}
