/* Follows page.js in a sandbox, in the same block, and uses its `one` and `all`. */

// Fills in the form, and continues automatically if the call asked for it; an error stops that.
const fill = (fields) => {
  for (const [name, value] of Object.entries(fields)) {
    const field = one(`[name=${name}]`);
    if (field) field.value = value;
  }
};
for (const button of all('[data-person]'))
  button.addEventListener('click', () => {
    fill(JSON.parse(button.dataset.person));
    one('.primary').focus();
  });
for (const button of all('[data-otp]'))
  button.addEventListener('click', () => {
    fill({ otp: button.dataset.otp });
    one('.primary').focus();
  });
const auto = document.body.dataset.auto;
if (auto !== undefined && !one('.problems')) {
  setTimeout(() => {
    all('fieldset').forEach((group) => {
      if (group.getClientRects().length === 0) return;
      const choices = [...group.querySelectorAll('input')];
      if (choices.every((choice) => choice.type === 'radio')) {
        if (!choices.some((choice) => choice.checked)) choices[0].checked = true;
      } else
        choices.forEach((choice) => {
          choice.checked = true;
        });
    });
    const person = one('[data-person]');
    const code = one('[data-otp]');
    if (person) fill(JSON.parse(person.dataset.person));
    if (code) fill({ otp: code.dataset.otp });
    const button = one('.play') || one('main form .primary');
    if (button) button.click();
  }, Number(auto));
}
