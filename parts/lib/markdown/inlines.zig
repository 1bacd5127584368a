//! Text to inlines: code, escapes, entities, emphasis, links, images, tags, line breaks; by the specification's stacks
//! of brackets and of marks. `~~struck~~` comes on top. The text is read once, and nothing in it is looked for twice:
//! what a search has not found it does not look for again.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const scan = @import("scan.zig");
const references = @import("references.zig");
const marks = @import("marks.zig");
const emphasis = @import("emphasis.zig");
const Ticks = @import("ticks.zig").Ticks;
const Node = nodes.Node;
const Kind = nodes.Kind;
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

/// A `[` or `![`: its place among the siblings, where the text behind it begins, how many marks were before it.
const Bracket = struct { place: usize, image: bool, at: usize, marks: usize };

pub const Parser = struct {
    text: []const u8,
    links: *references.Map,
    parent: *Node,
    at: usize = 0,
    marks: std.ArrayList(emphasis.Mark) = .empty,
    brackets: std.ArrayList(Bracket) = .empty,
    /// So many of the brackets have a link behind them. No link may stand in a link: only images can begin at them.
    with_link: usize = 0,
    ticks: ?Ticks = null,
    missing: scan.Missing = .{},
    /// The text that is being gathered while it is the last node, and where it begins.
    loose: ?*Node = null,
    loose_from: usize = 0,

    pub fn parse(node: *Node, links: *references.Map) OutOfMemory!void {
        var self = Parser{ .text = std.mem.trim(u8, node.text.items, " \t\n"), .links = links, .parent = node };
        while (self.at < self.text.len) try self.one();
        const children = try emphasis.tree(node.children.items, self.marks.items);
        node.children = .fromOwnedSlice(try gpa.dupe(*Node, children));
    }

    /// Texts are stretches of what is read: none is copied, and none is written to.
    fn add(self: *Parser, kind: Kind, text: []const u8) OutOfMemory!*Node {
        const node = try gpa.create(Node);
        node.* = .{ .kind = kind, .parent = self.parent, .text = .fromOwnedSlice(@constCast(text)) };
        try self.parent.adopt(node);
        return node;
    }

    fn rest(self: *Parser) []const u8 {
        return self.text[self.at..];
    }

    fn one(self: *Parser) OutOfMemory!void {
        const done = switch (self.text[self.at]) {
            '\n' => try self.lineBreak(),
            '\\' => try self.backslash(),
            '`' => try self.code(),
            '*', '_', '~' => try self.delimiter(),
            '[' => try self.open(false, 1),
            '!' => std.mem.startsWith(u8, self.rest(), "![") and try self.open(true, 2),
            ']' => try self.close(),
            '<' => try self.angle(),
            '&' => try self.reference(),
            else => return self.plain(std.mem.indexOfAnyPos(u8, self.text, self.at, "\n\\`*_~[]!<&") orelse self.text.len),
        };
        if (!done) try self.plain(self.at + 1);
    }

    fn plain(self: *Parser, end: usize) OutOfMemory!void {
        if (self.loose == null or self.parent.last() != self.loose) {
            self.loose = try self.add(.text, self.text[self.at..self.at]);
            self.loose_from = self.at;
        }
        self.loose.?.text = .fromOwnedSlice(@constCast(self.text[self.loose_from..end]));
        self.at = end;
    }

    fn lineBreak(self: *Parser) OutOfMemory!bool {
        var hard = false;
        if (self.parent.last()) |before| if (before.kind == .text) {
            hard = std.mem.endsWith(u8, before.text.items, "  ");
            before.text.items.len = std.mem.trimRight(u8, before.text.items, " ").len;
        };
        _ = try self.add(if (hard) .hard_break else .soft_break, "");
        self.at = std.mem.indexOfNonePos(u8, self.text, self.at + 1, " ") orelse self.text.len;
        return true;
    }

    fn backslash(self: *Parser) OutOfMemory!bool {
        const next = if (self.at + 1 < self.text.len) self.text[self.at + 1] else return false;
        if (next == '\n') {
            _ = try self.add(.hard_break, "");
            self.at = std.mem.indexOfNonePos(u8, self.text, self.at + 2, " ") orelse self.text.len;
            return true;
        }
        if (!scan.isPunctuation(next)) return false;
        _ = try self.add(.text, self.text[self.at + 1 .. self.at + 2]);
        self.at += 2;
        return true;
    }

    fn code(self: *Parser) OutOfMemory!bool {
        if (self.ticks == null) self.ticks = try Ticks.of(self.text);
        const begin = self.at + run(self.rest());
        const end = self.ticks.?.next(begin - self.at, begin) orelse {
            try self.plain(begin);
            return true;
        };
        _ = try self.add(.code, try codeText(self.text[begin..end]));
        self.at = end + (begin - self.at);
        return true;
    }

    fn reference(self: *Parser) OutOfMemory!bool {
        const found = scan.entity(self.rest()) orelse return false;
        _ = try self.add(.text, found.text);
        self.at += found.length;
        return true;
    }

    /// `<https://...>`, `<a@b.c>` or a tag.
    fn angle(self: *Parser) OutOfMemory!bool {
        const stop = std.mem.indexOfAnyPos(u8, self.text, self.at + 1, "<> \n") orelse self.text.len;
        if (stop < self.text.len and self.text[stop] == '>') {
            const inner = self.text[self.at + 1 .. stop];
            const mail = marks.isMail(inner);
            if (mail or marks.isAddress(inner)) {
                const node = try self.add(.link, if (mail) try part.concat(&.{ "mailto:", inner }) else inner);
                const text = try gpa.create(Node);
                text.* = .{ .kind = .text, .text = .fromOwnedSlice(@constCast(inner)) };
                try node.adopt(text);
                self.at = stop + 1;
                return true;
            }
        }
        const length = scan.htmlTag(self.rest(), &self.missing) orelse return false;
        _ = try self.add(.html, self.rest()[0..length]);
        self.at += length;
        return true;
    }

    fn delimiter(self: *Parser) OutOfMemory!bool {
        const char = self.text[self.at];
        const count = run(self.rest());
        const before = marks.sideOf(marks.lastPoint(self.text[0..self.at]));
        const after = marks.sideOf(marks.firstPoint(self.text[self.at + count ..]));
        const left = after != .space and (after != .punctuation or before != .word);
        const right = before != .space and (before != .punctuation or after != .word);
        const inner = char == '_';
        const node = try self.add(.text, self.text[self.at .. self.at + count]);
        self.at += count;
        if (char == '~' and count > 2) return true;
        try self.marks.append(gpa, .{
            .node = node,
            .char = char,
            .count = count,
            .original = count,
            .opens = left and (!inner or !right or before == .punctuation),
            .closes = right and (!inner or !left or after == .punctuation),
        });
        return true;
    }

    fn open(self: *Parser, image: bool, length: usize) OutOfMemory!bool {
        const place = self.parent.children.items.len;
        _ = try self.add(.text, self.text[self.at .. self.at + length]);
        self.at += length;
        try self.brackets.append(gpa, .{ .place = place, .image = image, .at = self.at, .marks = self.marks.items.len });
        return true;
    }

    fn close(self: *Parser) OutOfMemory!bool {
        const bracket = self.brackets.pop() orelse return false;
        const spoilt = !bracket.image and self.brackets.items.len < self.with_link;
        self.with_link = @min(self.with_link, self.brackets.items.len);
        if (spoilt) return false;
        const label = self.text[bracket.at..self.at];
        const here = self.at;
        self.at += 1;
        const target = try self.inlineTarget() orelse try self.labelled(label) orelse {
            self.at = here;
            return false;
        };
        try self.wrap(bracket, target);
        return true;
    }

    fn wrap(self: *Parser, bracket: Bracket, target: references.Target) OutOfMemory!void {
        const siblings = &self.parent.children;
        const inner = siblings.items[bracket.place + 1 ..];
        const node = siblings.items[bracket.place];
        node.kind = if (bracket.image) .image else .link;
        node.text = .fromOwnedSlice(@constCast(target.address));
        node.info = target.title;
        try node.children.appendSlice(gpa, try emphasis.tree(inner, self.marks.items[bracket.marks..]));
        siblings.items.len = bracket.place + 1;
        self.marks.items.len = bracket.marks;
        if (!bracket.image) self.with_link = self.brackets.items.len;
    }

    /// `(address "title")`
    fn inlineTarget(self: *Parser) OutOfMemory!?references.Target {
        if (self.at >= self.text.len or self.text[self.at] != '(') return null;
        var at = scan.skipSpace(self.text, self.at + 1);
        const address = try references.addressAt(self.text, at) orelse return null;
        at = scan.skipSpace(self.text, address.end);
        var title: []const u8 = "";
        if (at > address.end) if (try references.titleAt(self.text, at)) |found| {
            title = found.text;
            at = scan.skipSpace(self.text, found.end);
        };
        if (at >= self.text.len or self.text[at] != ')') return null;
        self.at = at + 1;
        return .{ .address = address.text, .title = title };
    }

    /// `[label]`, `[]` or nothing behind the text.
    fn labelled(self: *Parser, text: []const u8) OutOfMemory!?references.Target {
        var label = text;
        var end = self.at;
        if (self.at < self.text.len and self.text[self.at] == '[') if (references.labelEnd(self.text, self.at)) |found| {
            if (found > self.at + 1) label = self.text[self.at + 1 .. found];
            end = found + 1;
        };
        if (label.len == 0 or label.len > 999) return null;
        if (label.ptr == text.ptr and std.mem.indexOfScalar(u8, text, '[') != null and !escapedOnly(text)) return null;
        const target = self.links.get(try references.normal(label)) orelse return null;
        self.at = end;
        return target;
    }
};

fn escapedOnly(text: []const u8) bool {
    for (text, 0..) |byte, i| if (byte == '[' and (i == 0 or text[i - 1] != '\\')) return false;
    return true;
}

fn run(text: []const u8) usize {
    return std.mem.indexOfNone(u8, text, text[0..1]) orelse text.len;
}

/// Line ends are spaces, and one space on each side goes when something else is there.
fn codeText(text: []const u8) OutOfMemory![]const u8 {
    const out = try gpa.dupe(u8, text);
    std.mem.replaceScalar(u8, out, '\n', ' ');
    const padded = out.len > 1 and out[0] == ' ' and out[out.len - 1] == ' ' and std.mem.trim(u8, out, " ").len > 0;
    return if (padded) out[1 .. out.len - 1] else out;
}
