//! The tree as HTML. Safe: texts are escaped, HTML in the source is escaped too (or left out), and addresses may only
//! have schemes that run nothing; all but `keep` promise that.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const max_depth = @import("markdown.zig").max_depth;
const Node = nodes.Node;
const Error = part.Error;
const gpa = part.gpa;

/// What becomes of HTML in the text.
pub const Raw = enum { escape, omit, keep };

pub const Writer = struct {
    out: *std.ArrayList(u8),
    raw: Raw,
    hard_breaks: bool,

    pub fn node(self: Writer, n: *Node, depth: usize) Error!void {
        if (depth > 4 * max_depth) return part.fail("too_deep", &.{"the text is nested too deeply"});
        switch (n.kind) {
            .document => try self.children(n, depth),
            .quote => try self.block("blockquote", n, depth),
            .list => try self.list(n, depth),
            .item => try self.item(n, depth),
            .paragraph => try self.paragraph(n, depth),
            .heading => try self.around(&.{ "<h", &.{@as(u8, '0') + @as(u8, @intCast(n.level))}, ">" }, n, &.{ "</h", &.{@as(u8, '0') + @as(u8, @intCast(n.level))}, ">\n" }, depth),
            .code_block => try self.code(n),
            .html_block => try self.rawHtml(n, true),
            .rule => try self.line("<hr />\n"),
            .text => try self.escaped(n.text.items),
            .soft_break => try self.put(if (self.hard_breaks) "<br />\n" else "\n"),
            .hard_break => try self.put("<br />\n"),
            .code => {
                try self.put("<code>");
                try self.escaped(n.text.items);
                try self.put("</code>");
            },
            .html => try self.rawHtml(n, false),
            .emphasis => try self.around(&.{"<em>"}, n, &.{"</em>"}, depth),
            .strong => try self.around(&.{"<strong>"}, n, &.{"</strong>"}, depth),
            .strike => try self.around(&.{"<del>"}, n, &.{"</del>"}, depth),
            .link => try self.link(n, depth),
            .image => try self.image(n),
        }
    }

    fn put(self: Writer, text: []const u8) Error!void {
        try self.out.appendSlice(gpa, text);
    }

    /// Begins on a line of its own.
    fn line(self: Writer, text: []const u8) Error!void {
        const written = self.out.items;
        if (written.len > 0 and written[written.len - 1] != '\n') try self.put("\n");
        try self.put(text);
    }

    fn escaped(self: Writer, text: []const u8) Error!void {
        for (text) |byte| switch (byte) {
            '&' => try self.put("&amp;"),
            '<' => try self.put("&lt;"),
            '>' => try self.put("&gt;"),
            '"' => try self.put("&quot;"),
            else => try self.out.append(gpa, byte),
        };
    }

    fn children(self: Writer, n: *Node, depth: usize) Error!void {
        for (n.children.items) |child| try self.node(child, depth + 1);
    }

    fn around(self: Writer, before: []const []const u8, n: *Node, after: []const []const u8, depth: usize) Error!void {
        const text = try part.concat(before);
        if (n.kind == .heading) try self.line(text) else try self.put(text);
        try self.children(n, depth);
        for (after) |piece| try self.put(piece);
    }

    fn block(self: Writer, tag: []const u8, n: *Node, depth: usize) Error!void {
        try self.line(try part.concat(&.{ "<", tag, ">\n" }));
        try self.children(n, depth);
        try self.line(try part.concat(&.{ "</", tag, ">\n" }));
    }

    fn list(self: Writer, n: *Node, depth: usize) Error!void {
        const tag: []const u8 = if (n.list.ordered) "ol" else "ul";
        try self.line(try part.concat(&.{ "<", tag }));
        if (n.list.ordered and n.list.start != 1) try self.put(try part.concat(&.{ " start=\"", (try part.integer(n.list.start)).number, "\"" }));
        try self.put(">\n");
        try self.children(n, depth);
        try self.line(try part.concat(&.{ "</", tag, ">\n" }));
    }

    fn item(self: Writer, n: *Node, depth: usize) Error!void {
        try self.line("<li>");
        const tight = n.parent.?.list.tight;
        if (n.children.items.len > 0 and !(tight and n.children.items[0].kind == .paragraph)) try self.put("\n");
        try self.children(n, depth);
        try self.put("</li>\n");
    }

    fn paragraph(self: Writer, n: *Node, depth: usize) Error!void {
        const item_ = n.parent.?;
        if (item_.kind != .item or !item_.parent.?.list.tight) {
            try self.line("<p>");
            try self.children(n, depth);
            return self.put("</p>\n");
        }
        try self.children(n, depth);
        if (item_.last() != n) try self.put("\n");
    }

    fn code(self: Writer, n: *Node) Error!void {
        try self.line("<pre><code");
        const end = std.mem.indexOfAny(u8, n.info, " \t") orelse n.info.len;
        if (end > 0) {
            try self.put(" class=\"language-");
            try self.escaped(n.info[0..end]);
            try self.put("\"");
        }
        try self.put(">");
        try self.escaped(n.text.items);
        try self.put("</code></pre>\n");
    }

    fn rawHtml(self: Writer, n: *Node, is_block: bool) Error!void {
        const text = if (is_block) std.mem.trimRight(u8, n.text.items, "\n") else n.text.items;
        if (is_block and self.raw != .omit) try self.line(if (self.raw == .escape) "<p>" else "");
        switch (self.raw) {
            .keep => try self.put(text),
            .escape => try self.escaped(text),
            .omit => return,
        }
        if (is_block) try self.put(if (self.raw == .escape) "</p>\n" else "\n");
    }

    fn link(self: Writer, n: *Node, depth: usize) Error!void {
        try self.put("<a href=\"");
        if (self.raw == .keep or isSafe(n.text.items, false)) try self.address(n.text.items);
        try self.title(n);
        try self.put(">");
        try self.children(n, depth);
        try self.put("</a>");
    }

    fn image(self: Writer, n: *Node) Error!void {
        try self.put("<img src=\"");
        if (self.raw == .keep or isSafe(n.text.items, true)) try self.address(n.text.items);
        try self.put("\" alt=\"");
        var text: std.ArrayList(u8) = .empty;
        try @import("plain.zig").inlineText(&text, n);
        try self.escaped(text.items);
        try self.title(n);
        try self.put(" />");
    }

    fn title(self: Writer, n: *Node) Error!void {
        if (n.info.len > 0) {
            try self.put("\" title=\"");
            try self.escaped(n.info);
        }
        try self.put("\"");
    }

    /// Encoded where an address needs it; what is encoded already stays.
    fn address(self: Writer, text: []const u8) Error!void {
        for (text) |byte| {
            if (byte == '&') {
                try self.put("&amp;");
            } else if (std.ascii.isAlphanumeric(byte) or std.mem.indexOfScalar(u8, "-_.+!*'(),%#@?=;:/$~", byte) != null) {
                try self.out.append(gpa, byte);
            } else try self.put(try part.concat(&.{ "%", try std.ascii.allocUpperString(gpa, try part.encoding.hex(&.{byte})) }));
        }
    }
};

const schemes = std.StaticStringMap(void).initComptime(.{ .{"http"}, .{"https"}, .{"mailto"}, .{"tel"}, .{"ftp"}, .{"xmpp"}, .{"irc"}, .{"ircs"} });

/// Addresses without a scheme, and with one that is known to run nothing. Control characters and spaces are looked
/// through, as browsers do.
fn isSafe(text: []const u8, image: bool) bool {
    var buffer: [16]u8 = undefined;
    var length: usize = 0;
    for (text) |byte| switch (byte) {
        0...' ', 127 => {},
        '/', '?', '#' => return true,
        ':' => return schemes.has(buffer[0..length]) or (image and isImageData(text)),
        else => {
            if (length == buffer.len) return std.mem.indexOfScalar(u8, text, ':') == null or std.mem.indexOfAny(u8, text, "/?#") orelse text.len < std.mem.indexOfScalar(u8, text, ':').?;
            buffer[length] = std.ascii.toLower(byte);
            length += 1;
        },
    };
    return true;
}

fn isImageData(text: []const u8) bool {
    for ([_][]const u8{ "data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp" }) |start| {
        if (std.ascii.startsWithIgnoreCase(text, start)) return true;
    }
    return false;
}
