//! HTML character references: numbers of any kind, and the names that texts really use. Unknown ones stay as they are,
//! as in browsers.

const std = @import("std");
const part = @import("part");
const gpa = part.gpa;

const names = std.StaticStringMap(u21).initComptime(.{
    .{ "amp", '&' },    .{ "lt", '<' },      .{ "gt", '>' },     .{ "quot", '"' },   .{ "apos", '\'' },  .{ "nbsp", 0xA0 },
    .{ "copy", '©' },   .{ "reg", '®' },     .{ "trade", '™' },  .{ "euro", '€' },   .{ "pound", '£' },  .{ "yen", '¥' },
    .{ "cent", '¢' },   .{ "sect", '§' },    .{ "para", '¶' },   .{ "deg", '°' },    .{ "plusmn", '±' }, .{ "times", '×' },
    .{ "divide", '÷' }, .{ "hellip", '…' },  .{ "ndash", '–' },  .{ "mdash", '—' },  .{ "lsquo", '‘' },  .{ "rsquo", '’' },
    .{ "ldquo", '“' },  .{ "rdquo", '”' },   .{ "laquo", '«' },  .{ "raquo", '»' },  .{ "bull", '•' },   .{ "middot", '·' },
    .{ "auml", 'ä' },   .{ "ouml", 'ö' },    .{ "uuml", 'ü' },   .{ "Auml", 'Ä' },   .{ "Ouml", 'Ö' },   .{ "Uuml", 'Ü' },
    .{ "szlig", 'ß' },  .{ "eacute", 'é' },  .{ "egrave", 'è' }, .{ "agrave", 'à' }, .{ "ccedil", 'ç' }, .{ "ntilde", 'ñ' },
});

pub fn decode(text: []const u8) part.Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    var rest = text;
    while (std.mem.indexOfScalar(u8, rest, '&')) |start| {
        try out.appendSlice(gpa, rest[0..start]);
        rest = rest[start..];
        const end = std.mem.indexOfScalar(u8, rest[0..@min(rest.len, 16)], ';');
        const point = if (end) |at| meaning(rest[1..at]) else null;
        if (point) |found| try part.unicode.append(gpa, &out, found) else try out.append(gpa, '&');
        rest = rest[if (point == null) 1 else end.? + 1 ..];
    }
    try out.appendSlice(gpa, rest);
    return out.items;
}

fn meaning(name: []const u8) ?u21 {
    if (name.len < 2 or name[0] != '#') return names.get(name);
    const hex = name[1] == 'x' or name[1] == 'X';
    const digits = name[if (hex) 2 else 1..];
    if (digits.len == 0 or digits[0] == '+' or digits[0] == '-') return null;
    const point = std.fmt.parseInt(u21, digits, if (hex) 16 else 10) catch return null;
    return if (point != 0 and std.unicode.utf8ValidCodepoint(point)) point else null;
}
