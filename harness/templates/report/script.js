// Reads out the case that the controls have just chosen. The style sheet shows it, also without this script.
document.querySelector('.choices').addEventListener('change', () => {
  const shown = [...document.querySelectorAll('.case')].find((figure) => figure.offsetParent !== null);
  document.getElementById('what-if-status').textContent = shown ? shown.querySelector('figcaption').textContent : '';
});
