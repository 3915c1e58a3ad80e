"""A signature that is pasted from where people have theirs: Word and Outlook."""

from playwright.sync_api import expect

from tests.support.settings_page import SettingsPage

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<style>p.MsoNormal{margin:0cm;font-size:11.0pt}</style>
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings/></xml><![endif]--></head><body lang=DE>
<!--StartFragment--><p class=MsoNormal><b><span style='font-size:12.0pt;
font-family:"Segoe UI",sans-serif;color:#C00000;mso-fareast-language:DE'>Jürgen
Groß</span></b><o:p></o:p></p><table class=MsoTableGrid border=1><tr><td width=100
style='background:#DEEAF6'><p class=MsoNormal>Phone</p></td><td><a
href="tel:+4930123">030 123</a></td></tr></table>
<p onclick="alert(1)"><img src="file:///C:/x/clip_image001.png"><a href="javascript:alert(1)">Bad
link</a></p><script>window.ran = true</script><!--EndFragment--></body></html>"""
_PASTE = """html => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", html);
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
}"""


def test_what_word_puts_on_the_clipboard_keeps_its_looks_and_nothing_else(
    settings: SettingsPage,
) -> None:
    settings.choose_add("Basic")
    signature = settings.field("Signature")
    signature.click()
    settings.page.evaluate(_PASTE, WORD)
    expect(signature.get_by_text("Jürgen Groß")).to_have_css("color", "rgb(192, 0, 0)")
    expect(signature.get_by_role("link", name="030 123")).to_have_attribute("href", "tel:+4930123")
    settings.show("signature-pasted")

    settings.fill_server()
    settings.field("User Name").fill("relay@contoso.example")
    settings.field("Password").fill("local-password")
    with settings.page.expect_response("**/api/configs") as answered:
        settings.button("Save").click()
    stored = answered.value.json()["signature"]
    for kept in ("Jürgen Groß", "<strong>", "12pt", "Segoe UI", "<table", "tel:+4930123", "Bad"):
        assert kept in stored
    for dropped in ("Mso", "mso-", "<o:p>", "onclick", "javascript:", "file:", "<img", "ran ="):
        assert dropped not in stored
    assert settings.page.evaluate("window.ran") is None
