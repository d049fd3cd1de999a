/* The verification button. It keeps nothing and decides nothing: what comes back goes to the server as it is. */
const button = document.querySelector('#certify');

button.addEventListener('click', () => {
  const { IMP } = window;
  document.querySelector('#unreachable').hidden = IMP !== undefined;
  if (IMP === undefined) return;
  document.querySelector('#status').textContent = '본인인증 화면에서 계속해 주세요.';
  const { userCode, channelKey, merchantUid, minAge, company } = button.dataset;
  IMP.init(userCode);
  // Straight from the click, without a request before it: a popup that is opened later is blocked. That is why the
  // server's number for this attempt already stands in the page.
  IMP.certification(
    {
      channelKey,
      merchant_uid: merchantUid,
      min_age: minAge,
      company,
      // On a phone the page leaves, which works in every app's browser; elsewhere a popup is opened in any case.
      popup: false,
      m_redirect_url: `${location.origin}/verified`,
    },
    (result) => {
      // A second press has taken this one's place and will bring its own result.
      if (result.error_reason === 'REPLACED') return;
      const form = document.querySelector('#result');
      for (const name of ['imp_uid', 'success', 'error_reason'])
        form.elements[name].value = result[name] ?? '';
      document.querySelector('#status').textContent = '결과를 확인하고 있습니다.';
      form.submit();
    },
  );
});
