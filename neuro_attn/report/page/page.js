document.querySelectorAll("input.filter").forEach(function (input) {
  var rows = input.closest("details").querySelectorAll("tbody tr");
  input.addEventListener("input", function () {
    var wanted = input.value.toLowerCase();
    rows.forEach(function (row) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  });
});
document.querySelectorAll(".chart").forEach(function (chart) {
  var data = JSON.parse(chart.dataset.values);
  var drawing = chart.querySelector("svg");
  var cursor = drawing.querySelector(".cursor");
  var slider = chart.querySelector("input[type=range]");
  var boxes = chart.querySelectorAll("input[type=checkbox]");
  var curves = drawing.querySelectorAll(".curve");
  var rows = chart.querySelectorAll("tbody tr");
  function show() {
    var time = Number(slider.value);
    slider.setAttribute("aria-valuetext", data.times[time]);
    chart.querySelector("caption").textContent = "at " + data.times[time];
    cursor.setAttribute("x1", data.left[time]);
    cursor.setAttribute("x2", data.left[time]);
    boxes.forEach(function (box, region) {
      curves[region].style.display = box.checked ? "inline" : "none";
      rows[region].hidden = !box.checked;
      rows[region].querySelectorAll("td").forEach(function (cell) {
        cell.textContent = data.regions[region][cell.dataset.kind][time];
      });
    });
  }
  drawing.addEventListener("pointermove", function (event) {
    var frame = drawing.getBoundingClientRect();
    var x = (event.clientX - frame.left) / frame.width * data.width;
    var nearest = 0;
    data.left.forEach(function (left, time) {
      if (Math.abs(left - x) < Math.abs(data.left[nearest] - x)) nearest = time;
    });
    slider.value = nearest;
    show();
  });
  slider.addEventListener("input", show);
  boxes.forEach(function (box) {
    box.hidden = false;
    box.parentElement.removeAttribute("data-more");
    box.addEventListener("change", show);
  });
  chart.classList.add("live");
  chart.querySelector(".values").hidden = false;
  show();
});
