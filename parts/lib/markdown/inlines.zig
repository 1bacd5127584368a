//! Text to inlines: code, escapes, entities, emphasis, links, images, tags, line breaks; by the specification's stack of
//! delimiters. `~~struck~~` comes on top.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const scan = @import("scan.zig");
const references = @import("references.zig");
const marks = @import("marks.zig");
const Node = nodes.Node;
const Kind = nodes.Kind;
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

const Delimiter = struct { node: *Node, char: u8, count: usize, original: usize, opens: bool, closes: bool };
const Bracket = struct { node: *Node, image: bool, at: usize, delimiters: usize, active: bool = true };

pub const Parser = struct {
    text: []const u8,
    links: *references.Map,
    parent: *Node,
    at: usize = 0,
    delimiters: std.ArrayList(Delimiter) = .empty,
    brackets: std.ArrayList(Bracket) = .empty,

    pub fn parse(node: *Node, links: *references.Map) OutOfMemory!void {
        var self = Parser{ .text = std.mem.trim(u8, node.text.items, " \t\n"), .links = links, .parent = node };
        while (self.at < self.text.len) try self.one();
        try self.emphasise(0);
    }

    fn add(self: *Parser, kind: Kind, text: []const u8) OutOfMemory!*Node {
        const node = try gpa.create(Node);
        node.* = .{ .kind = kind, .parent = self.parent };
        try node.text.appendSlice(gpa, text);
        try self.parent.children.append(gpa, node);
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
            else => try self.plain(),
        };
        if (done) return;
        _ = try self.add(.text, self.text[self.at .. self.at + 1]);
        self.at += 1;
    }

    fn plain(self: *Parser) OutOfMemory!bool {
        const end = std.mem.indexOfAnyPos(u8, self.text, self.at, "\n\\`*_~[]!<&") orelse self.text.len;
        _ = try self.add(.text, self.text[self.at..end]);
        self.at = end;
        return true;
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
        const length = run(self.rest());
        var at = self.at + length;
        while (std.mem.indexOfScalarPos(u8, self.text, at, '`')) |found| {
            const closing = run(self.text[found..]);
            at = found + closing;
            if (closing != length) continue;
            const node = try self.add(.code, try codeText(self.text[self.at + length .. found]));
            _ = node;
            self.at = at;
            return true;
        }
        _ = try self.add(.text, self.text[self.at .. self.at + length]);
        self.at += length;
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
        if (std.mem.indexOfScalar(u8, self.rest(), '>')) |end| {
            const inner = self.rest()[1..end];
            const mail = marks.isMail(inner);
            if (mail or marks.isAddress(inner)) {
                const node = try self.add(.link, if (mail) try part.concat(&.{ "mailto:", inner }) else inner);
                const text = try gpa.create(Node);
                text.* = .{ .kind = .text };
                try text.text.appendSlice(gpa, inner);
                try node.children.append(gpa, text);
                self.at += end + 1;
                return true;
            }
        }
        const length = scan.htmlTag(self.rest()) orelse return false;
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
        try self.delimiters.append(gpa, .{
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
        const node = try self.add(.text, self.text[self.at .. self.at + length]);
        self.at += length;
        try self.brackets.append(gpa, .{ .node = node, .image = image, .at = self.at, .delimiters = self.delimiters.items.len });
        return true;
    }

    fn close(self: *Parser) OutOfMemory!bool {
        const bracket = self.brackets.pop() orelse return false;
        if (!bracket.active) return false;
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
        try self.emphasise(bracket.delimiters);
        const siblings = &self.parent.children;
        const place = std.mem.indexOfScalar(*Node, siblings.items, bracket.node).?;
        const node = bracket.node;
        node.kind = if (bracket.image) .image else .link;
        node.text = .empty;
        try node.text.appendSlice(gpa, target.address);
        node.info = target.title;
        try node.children.appendSlice(gpa, siblings.items[place + 1 ..]);
        siblings.items.len = place + 1;
        // No link may stand in a link.
        if (!bracket.image) for (self.brackets.items) |*outer| {
            if (!outer.image) outer.active = false;
        };
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

    fn emphasise(self: *Parser, from: usize) OutOfMemory!void {
        var closer = from;
        while (closer < self.delimiters.items.len) {
            const c = self.delimiters.items[closer];
            if (!c.closes or c.count == 0) {
                closer += 1;
                continue;
            }
            const opener = self.openerFor(from, closer) orelse {
                closer += 1;
                continue;
            };
            try self.pair(opener, closer);
            for (self.delimiters.items[opener + 1 .. closer]) |*between| between.count = 0;
        }
        self.delimiters.items.len = from;
    }

    fn openerFor(self: *Parser, from: usize, closer: usize) ?usize {
        const c = self.delimiters.items[closer];
        var at = closer;
        while (at > from) {
            at -= 1;
            const o = self.delimiters.items[at];
            if (o.char != c.char or !o.opens or o.count == 0) continue;
            if (c.char == '~' and o.count != c.count) continue;
            const odd = (o.closes or c.opens) and (o.original + c.original) % 3 == 0 and !(o.original % 3 == 0 and c.original % 3 == 0);
            if (c.char == '~' or !odd) return at;
        }
        return null;
    }

    fn pair(self: *Parser, opener: usize, closer: usize) OutOfMemory!void {
        const o = &self.delimiters.items[opener];
        const c = &self.delimiters.items[closer];
        const used: usize = if (o.char == '~') o.count else if (o.count >= 2 and c.count >= 2) 2 else 1;
        o.count -= used;
        c.count -= used;
        o.node.text.items.len -= used;
        c.node.text.items.len -= used;
        const siblings = &self.parent.children;
        const first = std.mem.indexOfScalar(*Node, siblings.items, o.node).? + 1;
        const last = std.mem.indexOfScalar(*Node, siblings.items, c.node).?;
        const node = try gpa.create(Node);
        node.* = .{ .kind = if (o.char == '~') .strike else if (used == 2) .strong else .emphasis };
        try node.children.appendSlice(gpa, siblings.items[first..last]);
        try siblings.replaceRange(gpa, first, last - first, &.{node});
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
