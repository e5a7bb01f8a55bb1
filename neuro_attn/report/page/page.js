document.querySelectorAll("input.filter").forEach(function (input) {
  var rows = input.closest("details").querySelectorAll("tbody tr");
  input.addEventListener("input", function () {
    var wanted = input.value.toLowerCase();
    rows.forEach(function (row) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  });
});
