//! Lines to blocks, by the strategy of the CommonMark specification: each line first goes on with the blocks that are
//! open, then may begin new ones, and what is left of it is text of the innermost.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const starts = @import("starts.zig");
const scan = @import("scan.zig");
const references = @import("references.zig");
const Node = nodes.Node;
const Kind = nodes.Kind;
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

pub const Parser = struct {
    document: *Node,
    tip: *Node,
    old_tip: *Node,
    last_matched: *Node,
    links: references.Map = .empty,
    line: []const u8 = "",
    number: usize = 0,
    offset: usize = 0,
    column: usize = 0,
    next: usize = 0,
    next_column: usize = 0,
    indent: usize = 0,
    blank: bool = false,
    part_of_tab: bool = false,

    pub fn parse(text: []const u8) OutOfMemory!Parser {
        const document = try gpa.create(Node);
        document.* = .{ .kind = .document };
        var self = Parser{ .document = document, .tip = document, .old_tip = document, .last_matched = document };
        var rest = text;
        while (rest.len > 0) {
            const end = std.mem.indexOfAny(u8, rest, "\r\n") orelse rest.len;
            try self.take(rest[0..end]);
            const crlf = std.mem.startsWith(u8, rest[end..], "\r\n");
            rest = rest[@min(rest.len, end + @as(usize, if (crlf) 2 else 1))..];
        }
        while (self.tip != document) try self.close(self.tip);
        return self;
    }

    fn take(self: *Parser, line: []const u8) OutOfMemory!void {
        self.line = line;
        self.number += 1;
        self.offset = 0;
        self.column = 0;
        self.part_of_tab = false;
        self.old_tip = self.tip;
        var container = self.document;
        while (container.last()) |child| {
            if (!child.open) break;
            self.findNext();
            switch (try self.goesOn(child)) {
                .yes => container = child,
                .no => break,
                .ended => return,
            }
        }
        self.last_matched = container;
        const all_closed = container == self.old_tip;
        container = try self.openNew(container);
        if (!all_closed and container == self.last_matched and !self.blank and self.tip.kind == .paragraph) return self.addLine();
        try self.closeUnmatched();
        try self.addRest(container);
    }

    fn openNew(self: *Parser, from: *Node) OutOfMemory!*Node {
        var container = from;
        while (container.kind == .paragraph or !container.takesLines()) {
            self.findNext();
            const begun = try starts.start(self, container);
            if (begun == .none) {
                self.toNext();
                break;
            }
            container = self.tip;
            if (begun == .leaf) break;
        }
        return container;
    }

    fn addRest(self: *Parser, container: *Node) OutOfMemory!void {
        if (self.blank) if (container.last()) |child| {
            child.last_line_blank = true;
        };
        const empty_item = container.kind == .item and container.children.items.len == 0 and container.began_on == self.number;
        const fenced = container.kind == .code_block and container.fence.length > 0;
        const blank = self.blank and container.kind != .quote and !fenced and !empty_item;
        var above: ?*Node = container;
        while (above) |node| : (above = node.parent) node.last_line_blank = blank;
        if (container.takesLines()) {
            try self.addLine();
            const ends = container.kind == .html_block and container.html_type <= 5 and scan.htmlBlockEnds(container.html_type, self.line[@min(self.offset, self.line.len)..]);
            if (ends) try self.close(container);
        } else if (self.offset < self.line.len and !self.blank) {
            _ = try self.add(.paragraph);
            self.toNext();
            try self.addLine();
        }
    }

    const Going = enum { yes, no, ended };

    fn goesOn(self: *Parser, node: *Node) OutOfMemory!Going {
        switch (node.kind) {
            .quote => {
                if (self.indent > 3 or self.peek() != '>') return .no;
                self.toNext();
                self.advance(1, false);
                if (self.spaceAt(self.offset)) self.advance(1, true);
            },
            .item => if (self.blank) {
                if (node.children.items.len == 0) return .no;
                self.toNext();
            } else if (self.indent >= node.list.marker_offset + node.list.padding) {
                self.advance(node.list.marker_offset + node.list.padding, true);
            } else return .no,
            .heading, .rule => return .no,
            .code_block => return self.codeGoesOn(node),
            .html_block => if (self.blank and node.html_type >= 6) return .no,
            .paragraph => if (self.blank) return .no,
            else => {},
        }
        return .yes;
    }

    fn codeGoesOn(self: *Parser, node: *Node) OutOfMemory!Going {
        if (node.fence.length == 0) {
            if (self.indent >= 4) self.advance(4, true) else if (self.blank) self.toNext() else return .no;
            return .yes;
        }
        if (self.indent <= 3 and scan.closesFence(self.line[self.next..], node.fence)) {
            try self.close(node);
            return .ended;
        }
        var left = node.fence.offset;
        while (left > 0 and self.spaceAt(self.offset)) : (left -= 1) self.advance(1, true);
        return .yes;
    }

    pub fn peek(self: *Parser) u8 {
        return if (self.next < self.line.len) self.line[self.next] else 0;
    }

    fn spaceAt(self: *Parser, at: usize) bool {
        return at < self.line.len and (self.line[at] == ' ' or self.line[at] == '\t');
    }

    pub fn findNext(self: *Parser) void {
        self.next = self.offset;
        self.next_column = self.column;
        while (self.spaceAt(self.next)) : (self.next += 1) {
            self.next_column += if (self.line[self.next] == '\t') 4 - self.next_column % 4 else 1;
        }
        self.blank = self.next >= self.line.len;
        self.indent = self.next_column - self.column;
    }

    pub fn toNext(self: *Parser) void {
        self.offset = self.next;
        self.column = self.next_column;
        self.part_of_tab = false;
    }

    /// Goes on by characters or columns; a tab may be left in the middle.
    pub fn advance(self: *Parser, count: usize, columns: bool) void {
        var left = count;
        while (left > 0 and self.offset < self.line.len) {
            if (self.line[self.offset] != '\t') {
                self.part_of_tab = false;
                self.offset += 1;
                self.column += 1;
                left -= 1;
                continue;
            }
            const width = 4 - self.column % 4;
            self.part_of_tab = columns and width > left;
            const step = if (columns) @min(left, width) else width;
            self.column += step;
            if (!self.part_of_tab) self.offset += 1;
            left -= if (columns) step else 1;
        }
    }

    fn addLine(self: *Parser) OutOfMemory!void {
        if (self.part_of_tab) {
            self.offset += 1;
            try self.tip.text.appendNTimes(gpa, ' ', 4 - self.column % 4);
        }
        try self.tip.text.appendSlice(gpa, self.line[@min(self.offset, self.line.len)..]);
        try self.tip.text.append(gpa, '\n');
    }

    pub fn add(self: *Parser, kind: Kind) OutOfMemory!*Node {
        while (!self.tip.canContain(kind)) try self.close(self.tip);
        const node = try gpa.create(Node);
        node.* = .{ .kind = kind, .parent = self.tip, .began_on = self.number };
        try self.tip.adopt(node);
        self.tip = node;
        return node;
    }

    pub fn closeUnmatched(self: *Parser) OutOfMemory!void {
        while (self.old_tip != self.last_matched) {
            const parent = self.old_tip.parent.?;
            try self.close(self.old_tip);
            self.old_tip = parent;
        }
    }

    pub fn close(self: *Parser, node: *Node) OutOfMemory!void {
        node.open = false;
        self.tip = node.parent orelse self.document;
        switch (node.kind) {
            .paragraph => if (!try self.takeReferences(node)) remove(node),
            .code_block => try closeCode(node),
            .html_block => trimBlankLines(node),
            .list => node.list.tight = isTight(node),
            else => {},
        }
    }

    /// Takes the definitions of links off the beginning of a paragraph; false when nothing else is in it.
    pub fn takeReferences(self: *Parser, node: *Node) OutOfMemory!bool {
        var text = node.text.items;
        while (text.len > 0 and text[0] == '[') text = text[try references.define(&self.links, text) orelse break ..];
        if (text.len < node.text.items.len) node.text = .fromOwnedSlice(try gpa.dupe(u8, text));
        return std.mem.trim(u8, text, " \t\r\n").len > 0;
    }
};

fn remove(node: *Node) void {
    const siblings = &node.parent.?.children;
    const place = std.mem.indexOfScalar(*Node, siblings.items, node) orelse return;
    _ = siblings.orderedRemove(place);
}

fn closeCode(node: *Node) OutOfMemory!void {
    if (node.fence.length == 0) return trimBlankLines(node);
    const end = std.mem.indexOfScalar(u8, node.text.items, '\n') orelse return;
    node.info = try scan.unescaped(std.mem.trim(u8, node.text.items[0..end], " \t"));
    const rest = try gpa.dupe(u8, node.text.items[end + 1 ..]);
    node.text = .fromOwnedSlice(rest);
}

fn trimBlankLines(node: *Node) void {
    var end = node.text.items.len;
    while (end > 0) {
        const line = if (std.mem.lastIndexOfScalar(u8, node.text.items[0 .. end - 1], '\n')) |at| at + 1 else 0;
        if (std.mem.trim(u8, node.text.items[line..end], " \t\n").len > 0) break;
        end = line;
    }
    node.text.items.len = end;
}

fn isTight(list: *Node) bool {
    for (list.children.items, 0..) |item, i| {
        const more = i + 1 < list.children.items.len;
        if (more and endsBlank(item)) return false;
        for (item.children.items, 0..) |inner, j| {
            if ((more or j + 1 < item.children.items.len) and endsBlank(inner)) return false;
        }
    }
    return true;
}

fn endsBlank(node: *Node) bool {
    var found: ?*Node = node;
    while (found) |one| {
        if (one.last_line_blank) return true;
        if (one.kind != .list and one.kind != .item) return false;
        found = one.last();
    }
    return false;
}
