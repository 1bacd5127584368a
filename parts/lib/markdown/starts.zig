//! What may begin at a line: quotes, headings, fences, HTML, rules, items of lists, indented code.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const scan = @import("scan.zig");
const Parser = @import("blocks.zig").Parser;
const Node = nodes.Node;
const OutOfMemory = error{OutOfMemory};
const gpa = part.gpa;

pub const Begun = enum { none, container, leaf };

pub fn start(p: *Parser, container: *Node) OutOfMemory!Begun {
    if (p.indent > 3) return indented(p);
    const rest = p.line[p.next..];
    if (rest.len == 0) return .none;
    if (rest[0] == '>') return quote(p);
    if (scan.headingMarks(rest)) |level| return heading(p, level);
    if (scan.opensFence(rest)) |fence| return fenced(p, fence);
    if (scan.htmlBlock(rest, container.kind == .paragraph or (p.tip.kind == .paragraph and container != p.tip))) |kind| return html(p, kind);
    if (container.kind == .paragraph) if (scan.underline(rest)) |level| {
        if (try underlined(p, container, level)) return .leaf;
    };
    if (scan.isRule(rest)) return rule(p);
    return item(p, container);
}

fn quote(p: *Parser) OutOfMemory!Begun {
    p.toNext();
    p.advance(1, false);
    if (p.offset < p.line.len and (p.line[p.offset] == ' ' or p.line[p.offset] == '\t')) p.advance(1, true);
    try p.closeUnmatched();
    _ = try p.add(.quote);
    return .container;
}

fn heading(p: *Parser, level: usize) OutOfMemory!Begun {
    p.toNext();
    try p.closeUnmatched();
    const node = try p.add(.heading);
    node.level = level;
    try node.text.appendSlice(gpa, scan.headingText(p.line[p.next + level ..]));
    p.advance(p.line.len - p.offset, false);
    return .leaf;
}

fn fenced(p: *Parser, fence: nodes.Fence) OutOfMemory!Begun {
    try p.closeUnmatched();
    const node = try p.add(.code_block);
    node.fence = .{ .char = fence.char, .length = fence.length, .offset = p.indent };
    p.toNext();
    p.advance(fence.length, false);
    return .leaf;
}

fn html(p: *Parser, kind: usize) OutOfMemory!Begun {
    try p.closeUnmatched();
    (try p.add(.html_block)).html_type = kind;
    return .leaf;
}

fn underlined(p: *Parser, paragraph: *Node, level: usize) OutOfMemory!bool {
    try p.closeUnmatched();
    if (!try p.takeReferences(paragraph)) return false;
    paragraph.kind = .heading;
    paragraph.level = level;
    p.advance(p.line.len - p.offset, false);
    return true;
}

fn rule(p: *Parser) OutOfMemory!Begun {
    try p.closeUnmatched();
    _ = try p.add(.rule);
    p.advance(p.line.len - p.offset, false);
    return .leaf;
}

fn indented(p: *Parser) OutOfMemory!Begun {
    if (p.tip.kind == .paragraph or p.blank) return .none;
    p.advance(4, true);
    try p.closeUnmatched();
    _ = try p.add(.code_block);
    return .leaf;
}

fn item(p: *Parser, container: *Node) OutOfMemory!Begun {
    const marker = scan.listMarker(p.line[p.next..]) orelse return .none;
    const behind = p.line[p.next + marker.length ..];
    const empty = std.mem.trim(u8, behind, " \t").len == 0;
    if (container.kind == .paragraph and (empty or (marker.list.ordered and marker.list.start != 1))) return .none;
    var list = marker.list;
    list.marker_offset = p.indent;
    p.toNext();
    p.advance(marker.length, true);
    list.padding = marker.length + padding(p, empty);
    try p.closeUnmatched();
    const same = p.tip.kind == .list and p.tip.list.ordered == list.ordered and p.tip.list.char == list.char;
    if (!same) (try p.add(.list)).list = list;
    (try p.add(.item)).list = list;
    return .container;
}

/// The columns between a marker and its text; five and more are one, and code behind it.
fn padding(p: *Parser, empty: bool) usize {
    const column = p.column;
    const offset = p.offset;
    const in_tab = p.part_of_tab;
    while (p.column - column < 5 and p.offset < p.line.len and (p.line[p.offset] == ' ' or p.line[p.offset] == '\t')) p.advance(1, true);
    const found = p.column - column;
    if (found >= 1 and found < 5 and !empty) return found;
    p.column = column;
    p.offset = offset;
    p.part_of_tab = in_tab;
    if (p.offset < p.line.len and (p.line[p.offset] == ' ' or p.line[p.offset] == '\t')) p.advance(1, true);
    return 1;
}
