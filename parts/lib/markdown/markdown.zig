//! CommonMark in two passes, as its specification describes them: `blocks` makes a tree of a text's lines (what may begin
//! a block is in `starts`), `inlines` what stands inside of its paragraphs and headings (`marks` and `emphasis` are
//! about stars and strokes, `ticks` about code). `references` has the definitions of links, `scan` what both passes look
//! for in a text, `entities` the named characters of HTML. The tree (`node`) is written as HTML (`html`) or as plain text (`plain`).

pub const blocks = @import("blocks.zig");
pub const inlines = @import("inlines.zig");
pub const html = @import("html.zig");
pub const plain = @import("plain.zig");
pub const Node = @import("node.zig").Node;

/// How deep quotes and lists may be nested.
pub const max_depth = 200;
