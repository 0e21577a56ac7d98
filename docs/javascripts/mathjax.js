// How MathJax is to draw formulas. Without a network the pages show them as TeX.
window.MathJax = {
  tex: {
    inlineMath: [["\\(", "\\)"]],
    displayMath: [["\\[", "\\]"]],
    processEscapes: true,
  },
  options: { ignoreHtmlClass: ".*", processHtmlClass: "arithmatex" },
};
