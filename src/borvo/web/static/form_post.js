// Submits the page of response_mode=form_post; its button serves where scripts are off.
document.getElementById("form-post").submit();
