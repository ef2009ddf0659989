// A form with data-onward carries the answer to another system: it is sent as soon as the page is there.

document.querySelector("form[data-onward]").submit();
