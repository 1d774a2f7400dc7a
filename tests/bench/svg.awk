# SPDX-License-Identifier: BSD-2-Clause
# Bars for table.awk and nested.awk, into the file `svg`. Logarithmic, as the rows are five orders of magnitude apart.

function svg_width(v)
{
	return v <= 1 ? 2 : 2 + 55 * log(v) / log(10)
}

function svg_bar(y, v, colour)
{
	if (v == "")
		return
	printf "<rect x=\"300\" y=\"%d\" width=\"%.1f\" height=\"9\" fill=\"%s\"/>", y, svg_width(v), colour >svg
	printf "<text x=\"%.1f\" y=\"%d\" font-size=\"9\">%s</text>\n", 305 + svg_width(v), y + 8, v >svg
}

function svg_begin(rows, title)
{
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"%d\" font-family=\"sans-serif\">\n", rows * 30 + 50 >svg
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>" >svg
	print "<text x=\"10\" y=\"20\" font-size=\"14\">" title "</text>" >svg
}

# Row i: a grey bar and a coloured one, either of which may be "", and what must not be exceeded
function svg_row(i, label, grey, value, over, ceiling,	y)
{
	y = 40 + 30 * i
	printf "<text x=\"10\" y=\"%d\" font-size=\"12\">%s</text>\n", y + 13, label >svg
	svg_bar(y, grey, "#999")
	svg_bar(y + 11, value, over ? "#e80" : "#0a6")
	if (ceiling != "")
		printf "<rect x=\"%.1f\" y=\"%d\" width=\"2\" height=\"22\" fill=\"#c30\"/>\n", 300 + svg_width(ceiling), y - 1 >svg
}

function svg_end()
{
	print "</svg>" >svg
	close(svg)
}
