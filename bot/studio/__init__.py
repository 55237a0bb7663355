"""Where those who keep the content true change it: drafts, reviews, versions, translations."""
